"""Runs one user's handler: in a thread of its own, where it can hold up nobody else, unless it is inline."""

from collections.abc import Callable
from typing import Any

from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.engine.inbox import Overflow
from actors.messages.events import Lagged
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import Deliver, EventBatch, unfolded
from actors.routing.conflation import Backlog

SLOW = 0.01
"""Seconds that an inline handler may hold up everybody before that is logged."""

CAPACITY = 64
"""Batches that may wait for the handler before they are joined."""


class Subscriber(RuntimeActor):
    """Owns a handler; receives ``Deliver``, calls the handler, and tells ``router`` when it lags.

    A handler that raises, even ``SystemExit``, is counted and logged, never let through: pykka would
    stop every actor of the process.
    """

    def __init__(
        self, name: str, handler: Callable[[Any], object], *, batch: bool, router: Tellable, **kwargs: Any
    ) -> None:
        super().__init__(f"subscriber {name}", overflow=Overflow(CAPACITY, self._squeeze), **kwargs)
        self._shares = kwargs.get("dispatcher") is not None
        self._backlog = Backlog()
        self._handler = handler
        self._batch = batch
        self._router = router
        self._errors = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case Deliver():
                if message.missed:
                    self._router.tell(EventBatch(self.name, [Lagged(self.name, message.missed)]))
                begun = self.now()
                self._backlog.begin(begun)
                self._deliver(message.events)
                self._backlog.end()
                if self._shares and (held := self.now() - begun) > SLOW:
                    logger.warning("{} is inline and held everybody up for {:.3f} s", self.name, held)
            case _:
                self.unexpected(message)

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, Deliver):
                self._deliver(message.events)

    def _deliver(self, events: list[Any]) -> None:
        handler = self._handler
        single = unfolded(events)
        for event in [list(single)] if self._batch else single:
            try:
                handler(event)
            except BaseException as error:  # noqa: BLE001  # the user's code; see the class
                self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._errors += 1
        if self._errors == 1:
            logger.opt(exception=error).error("the handler of {} raised", self.name)
        else:
            logger.error(
                "the handler of {} raised {} ({} so far)", self.name, type(error).__name__, self._errors
            )

    def _squeeze(self, waiting: list[Any]) -> list[Any]:
        """The senders' threads, one at a time."""
        deliveries = [message for message in waiting if isinstance(message, Deliver)]
        others = [message for message in waiting if not isinstance(message, Deliver)]
        return [*others, self._backlog.join(deliveries, self.now())]
