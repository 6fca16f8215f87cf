"""Joins requests that leave in quick succession, so that a connection can write them all at once."""

from typing import Any

from msgspec import Struct

from actors.base import RuntimeActor
from actors.messages.control import Reconfigure
from actors.messages.lifecycle import Tellable
from actors.messages.status import BatcherStatus, Describe
from actors.messages.traffic import Request, Requests
from actors.policy.batching import BatchSettings, Gathering


class _Flush(Struct, frozen=True):
    """What was gathered has waited long enough."""


class Batcher(RuntimeActor):
    """Owns the requests that wait for company; receives ``Request``, sends ``Requests`` to ``outbound``."""

    def __init__(self, settings: BatchSettings, *, outbound: Tellable, **kwargs: Any) -> None:
        super().__init__("batcher", **kwargs)
        self._gathering: Gathering[Request] = Gathering(settings)
        self._outbound = outbound
        self._flush_booked = False
        self._requests = self._batches = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case Request():
                self._pass_on(self._gathering.add(message, self.now(), urgent=message.urgent))
            case _Flush():
                self._flush_booked = False
                due = self._gathering.due
                if due is not None and due <= self.now():
                    self._pass_on(self._gathering.take(self.now()))
            case Reconfigure(settings=BatchSettings() as settings):
                self._gathering.settings = settings
            case Describe():
                part = BatcherStatus(requests=self._requests, batches=self._batches)
                self.describe(message, part)
            case _:
                self.unexpected(message)
        due = self._gathering.due
        if due is not None and not self._flush_booked:
            self._flush_booked = True
            self.after(due - self.now(), _Flush())

    def _pass_on(self, requests: list[Request]) -> None:
        if requests:
            self._requests += len(requests)
            self._batches += 1
            self._outbound.tell(Requests(requests))
