"""Records what leaves before it leaves, for the next owner of the account."""

import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import pykka
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.messages.commands import Command
from actors.messages.lifecycle import Begin, Tellable
from actors.messages.traffic import Request
from actors.outbound.costs import cost_of
from actors.outbound.send_log import SendLog

TRIES_AGAIN: Final = 1.0
"""Seconds between two tries while the log keeps nothing."""

MOST_UNRECORDED: Final = 10_000


class _TryAgain(Struct, frozen=True):
    """Time to record what could not be recorded."""


class SendRecorder(RuntimeActor):
    """Passes each ``Request`` of the limiter to ``outbound`` once ``log`` has kept it; a thread of its own.

    It reads all requests that wait in its inbox before it asks. While the log keeps nothing, requests pass
    without: they are recorded when it does again, and an order that could not be journaled has not come here.
    """

    def __init__(
        self,
        log: SendLog,
        messages_per_command: Mapping[type[Command], int],
        *,
        outbound: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("send recorder", **kwargs)
        self._log = log
        self._messages_per_command = messages_per_command
        self._outbound = outbound
        self._requests: list[Request] = []
        self._unrecorded: deque[float] = deque(maxlen=MOST_UNRECORDED)
        self._waits = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Request():
                self._take(message)
            case _TryAgain():
                self._waits = False
            case Begin():
                pass
            case _:
                self.unexpected(message)
        if self.inbox.empty():
            self._pass_on()

    def _take(self, request: Request) -> None:
        self._requests.append(request)
        self._unrecorded.extend([self.now()] * cost_of(self._messages_per_command, request))

    def _pass_on(self) -> None:
        if self._unrecorded and not self._waits:
            self._record()
        requests, self._requests = self._requests, []
        for request in requests:
            self._outbound.tell(request)

    def _record(self) -> None:
        now = self.now()
        if self._log.record([now - at for at in self._unrecorded]):
            self._unrecorded.clear()
        else:
            self._waits = True
            self.after(TRIES_AGAIN, _TryAgain())

    def release(self, unhandled: list[Any]) -> None:
        """The pool sends or refuses what is left; it ends later."""
        for request in unhandled:
            if isinstance(request, Request):
                self._take(request)
        with contextlib.suppress(pykka.ActorDeadError):  # it has failed
            self._pass_on()
