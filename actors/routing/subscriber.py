"""Runs one handler: in a thread of its own, where it blocks no other actor, unless it is inline."""

from collections.abc import Callable, Coroutine
from typing import Any

import pykka
from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Overflow
from actors.engine.ref import HereRef, RuntimeRef
from actors.messages.commands import Subscribe
from actors.messages.events import Lagged
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import Deliver, EventBatch, unfolded
from actors.routing.conflation import Backlog

SLOW = 0.01
"""Seconds that an inline handler may block the shared thread before that is logged."""

ERRORS_AT_FIRST = 10
"""Errors of a handler that are each logged; after that, one in a ``MINUTE``."""

MINUTE = 60.0

NO_LOOP = "it returns a coroutine, which nothing runs here: give it to AsyncRuntime.subscribe"

INBOX_CAPACITY = 64
"""Deliveries that may wait for the handler before they are joined."""


class Subscriber(RuntimeActor):
    """Owns a handler. Receives ``Deliver``, calls the handler, and tells ``router`` if it lags.

    An exception of the handler, even ``SystemExit``, is counted and logged and goes no further: pykka would
    stop every actor of the process.
    """

    def __init__(
        self, name: str, handler: Callable[[Any], object], *, batch: bool, router: Tellable, **kwargs: Any
    ) -> None:
        """With ``batch`` the handler is called with lists, otherwise with single events."""
        super().__init__(f"subscriber {name}", overflow=Overflow(INBOX_CAPACITY, self._conflate), **kwargs)
        self._inline = kwargs.get("dispatcher") is not None
        self._backlog = Backlog()
        self._handler = handler
        self._batch = batch
        self._router = router
        self._errors = 0
        self._next_error_at = 0.0

    @classmethod
    def start_for(
        cls, command: Subscribe, router: Tellable, dispatcher: Dispatcher
    ) -> "pykka.ActorRef[Subscriber] | HereRef":
        """Start the subscriber of a callable, for the router. An inline one runs in ``dispatcher``, the
        router's own, and is called there rather than told."""
        assert callable(command.to)
        ref = cls.start(
            command.topic or "*",
            command.to,
            batch=command.batch,
            router=router,
            dispatcher=dispatcher if command.inline else None,
        )
        return HereRef(ref) if command.inline and isinstance(ref, RuntimeRef) else ref

    def on_receive(self, message: Any) -> None:
        match message:
            case Deliver():
                if message.missed:
                    self._router.tell(EventBatch(self.name, [Lagged(self.name, message.missed)]))
                begun = self.now()
                if not self._inline:
                    self._backlog.busy_since = begun
                    self._deliver(message.events)
                    self._backlog.busy_since = None
                    return
                self._deliver(message.events)
                if (taken := self.now() - begun) > SLOW:
                    logger.warning(
                        "{} is inline and blocked the shared thread for {:.3f} s: let it do less, or"
                        " subscribe it without inline",
                        self.name,
                        taken,
                    )
            case _:
                self.unexpected(message)

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, Deliver):
                self._deliver(message.events)

    def _deliver(self, events: list[Any]) -> None:
        handler = self._handler
        single = unfolded(events)
        returned = None
        for event in [list(single)] if self._batch else single:
            try:
                returned = handler(event)
            except BaseException as error:  # noqa: BLE001  # of the user's code; see the class
                self._on_error(error)
        if returned is not None and isinstance(returned, Coroutine):  # once in a delivery, not for each tick
            returned.close()
            self._on_error(TypeError(NO_LOOP))

    def _on_error(self, error: BaseException) -> None:
        """Log the first error with its traceback, each of the next ones in a line, and later on one in a
        minute: a handler may raise with every tick."""
        self._errors += 1
        if self._errors == 1:
            logger.opt(exception=error).error(
                "the handler of {} raised; it gets the next events all the same", self.name
            )
        elif self._errors <= ERRORS_AT_FIRST or self.now() >= self._next_error_at:
            self._next_error_at = self.now() + MINUTE
            logger.error(
                "the handler of {} raised {} ({} so far): mend it, the first are logged with where",
                self.name,
                type(error).__name__,
                self._errors,
            )

    def _conflate(self, waiting: list[Any]) -> list[Any]:
        """Join the waiting deliveries. Runs in the threads of the senders, one at a time."""
        deliveries = [message for message in waiting if isinstance(message, Deliver)]
        others = [message for message in waiting if not isinstance(message, Deliver)]
        return [*others, self._backlog.join(deliveries, self.now())]
