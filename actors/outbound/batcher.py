"""Joins requests that come in quick succession, so that a connection can write them all at once."""

import contextlib
from typing import Any

import pykka
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.messages.control import Reconfigure
from actors.messages.lifecycle import Tellable
from actors.messages.status import BatcherStatus, Describe
from actors.messages.traffic import Request, RequestDone, RequestPart
from actors.outbound.batching import BatchSettings, NagleBuffer
from actors.outbound.messages import Requests


class _Flush(Struct, frozen=True):
    """The buffered requests have waited for as long as they may."""


class Batcher(RuntimeActor):
    """Owns the Nagle buffer: the requests that wait to be joined.

    Receives ``Request`` and ``RequestDone``; sends ``Requests`` to ``outbound``. It reads all messages that
    wait in its inbox before a batch leaves.
    """

    def __init__(self, settings: BatchSettings, *, outbound: Tellable, **kwargs: Any) -> None:
        super().__init__("batcher", **kwargs)
        self._buffer: NagleBuffer[Request] = NagleBuffer(settings)
        self._outbound = outbound
        self._flush: Timer | None = None
        self._requests = self._batches = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case Request():
                self._buffer.add(message.key if message.awaited else None, message)
                if message.urgent or self._buffer.full:
                    self._pass_on()
            case RequestDone():
                self._buffer.on_done(message.key)
            case _Flush():
                self._flush = None
            case Reconfigure(settings=BatchSettings() as settings):
                self._buffer.settings = settings
            case Describe():
                part = BatcherStatus(requests=self._requests, batches=self._batches)
                self.describe(message, part)
            case _:
                self.unexpected(message)
        if self._buffer.waiting and self.inbox.empty():
            self._pass_on_what_is_due()

    def _pass_on_what_is_due(self) -> None:
        now = self.now()
        due = self._buffer.due(now)
        if due is not None and due <= now:
            self._pass_on()
        elif due is not None and self._flush is None:
            self._flush = self.after(due - now, _Flush())

    def release(self, unhandled: list[Any]) -> None:
        """The pool sends or refuses what is left; it ends later."""
        for request in unhandled:
            if isinstance(request, Request):
                self._buffer.add(None, request)
        with contextlib.suppress(pykka.ActorDeadError):  # it has failed
            self._pass_on()

    def _pass_on(self) -> None:
        requests = self._buffer.take(self.now())
        if not requests:
            return
        for request in requests:
            self._requests += request.part is not RequestPart.REST
        self._batches += 1
        self._outbound.tell(Requests(requests))
