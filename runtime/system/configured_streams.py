"""Asks for the streams of the configuration until it has them."""

import functools
import math
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.callback_ask import ask_then
from actors.engine.router_ref import RouterRef
from actors.engine.timers import Timer
from actors.errors import RequestError
from actors.messages.commands import SubscribeTicks, UnsubscribeTicks
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import CommandFailed
from actors.messages.lifecycle import SystemReady
from actors.messages.owners import AskOwners, Owner, OwnersTold
from actors.messages.routing import Asked
from actors.messages.status import Describe, PendingStreams
from actors.messages.traffic import EventBatch
from runtime.system.stream_requests import StreamRequest, StreamRequests


class _Answered(Struct, frozen=True):
    """The router has carried out ``request``, or could not because of ``error``."""

    request: StreamRequest
    error: BaseException | None


class _Retry(Struct, frozen=True):
    """A request that was refused is due again."""


class ConfiguredStreams(RuntimeActor):
    """Keeps the streams as the configuration wants them, from ``SystemReady`` on.

    ``periods`` are the periods in seconds, by asset; ``Reconfigure`` has new ones. The streams are kept for
    ``owner``. A stream that the router
    refuses, such as one of an asset that is not listed or one too many for the pool, is asked for again until
    it streams or is no longer configured. A refusal is published as ``CommandFailed``, once for each reason.
    """

    def __init__(self, periods: dict[str, int], owner: Owner, *, router: RouterRef, **kwargs: Any) -> None:
        super().__init__("configured-streams", **kwargs)
        self._periods = periods
        self._owner = owner
        self._router = router
        self._requests = StreamRequests()
        self._retry: Timer | None = None
        self._stopping = False

    def on_receive(self, message: Any) -> None:
        match message:
            case _Answered(request=request, error=error):
                self._on_answered(request, error)
            case _Retry():
                self._ask(self._requests.due(self.now()))
            case AskOwners(id=id, asset=asset):
                owners = (self._owner.name,) if self._requests.wants(asset) else ()
                self._router.tell(OwnersTold(id, asset, owners, final=False))
            case Describe():
                self.describe(message, PendingStreams(tuple(self._requests.pending())))
            case SystemReady():
                self._ask(self._requests.want(self._periods))
            case Reconfigure(settings=periods):
                if not self._stopping:
                    self._ask(self._requests.want(periods))
            case Drain():
                self._stopping = True
                self._schedule_retry()
            case _:
                self.unexpected(message)

    def _ask(self, requests: list[StreamRequest]) -> None:
        for request in requests:
            asked = Asked(_command(request), owner=self._owner)
            ask_then(self._router, asked, functools.partial(_tell, self.actor_ref, request))
        self._schedule_retry()

    def _on_answered(self, request: StreamRequest, error: BaseException | None) -> None:
        if error is None:
            if self._requests.done(request):
                logger.info("the stream {} is as configured now", request.asset)
        elif isinstance(error, RequestError) and not self._stopping:  # otherwise the router has ended
            if self._requests.refused(request, str(error), self.now()):
                self._report(request, error)
            self._schedule_retry()

    def _report(self, request: StreamRequest, error: RequestError) -> None:
        what = "has not begun" if request.period is not None else "has not ended"
        logger.warning("the stream {} {}, and is tried again: {}", request.asset, what, error)
        failed = CommandFailed(type(_command(request)).__name__, f"{type(error).__name__}: {error}")
        if self._router.is_alive():
            self._router.tell(EventBatch(self.name, [failed]))

    def _schedule_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        due = self._requests.next_due()
        if due is not None and not self._stopping:
            self._retry = self.after(max(0.0, due - self.now()), _Retry())


def _command(request: StreamRequest) -> SubscribeTicks | UnsubscribeTicks:
    """Without a deadline: a request that waits, for a rate or a connection, is carried out in the end."""
    if request.period is None:
        return UnsubscribeTicks(request.asset, deadline=math.inf)
    return SubscribeTicks(request.asset, request.period, deadline=math.inf)


def _tell(ref: pykka.ActorRef[Any], request: StreamRequest, _: Any, error: BaseException | None) -> None:
    """In the thread of the router."""
    if ref.is_alive():
        ref.tell(_Answered(request, error))
