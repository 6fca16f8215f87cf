"""The interface of the journal of orders, and the halt that is kept in it."""

from collections.abc import Sequence
from typing import Protocol

from actors.errors import Halted
from actors.messages.events import Event, TradingHalted, TradingResumed
from actors.orders.order import Order, OrderState


class Journal(Protocol):
    """Keeps the orders and the halt beyond this process; every method but ``close`` raises ``Halted`` if it
    cannot do its work."""

    @property
    def unsettled(self) -> bool:
        """Whether a copy of the file alone would lack something that was written."""

    @property
    def shared(self) -> bool:
        """Whether another process may go on with it before this one has ended."""

    @property
    def sends_until(self) -> float:
        """From when on no order that is in it may be sent, by the clock of the actors; ``inf``: never."""

    def refusal(self) -> str | None:
        """Why it takes no order now, such as that its file was removed; ``None`` if it takes them."""

    def find(self, id: str) -> Order | None:
        """The order, however old; ``None`` if there is none, or if only its id is kept (``retired``)."""

    def retired(self, id: str) -> OrderState | None:
        """The last state of an order of which only the id is kept; ``None`` if there is no such order."""

    def settle(self) -> None:
        """Make a copy of the file alone complete; ``unsettled`` tells whether that has to be tried again."""

    def since(self, created_at: float) -> list[Order]:
        """The orders, pending ones too, made at ``created_at`` or later, oldest first."""

    def load(self) -> list[Order]:
        """The orders that may still change and the latest of the others, oldest first; no pending orders."""

    def load_pending(self) -> list[Order]:
        """As ``load``, of the pending orders alone."""

    def write(self, orders: Sequence[Order]) -> None:
        """All of ``orders`` as they are now, or none; on the disk when it returns. Raises ``NotSent`` if one
        that is to be sent was withdrawn."""

    def note(self, orders: Sequence[Order]) -> None:
        """As ``write``, but a crash of the machine may lose it."""

    def halted(self) -> str | None:
        """The reason of the halt, ``None`` if there is none."""

    def halt(self, reason: str) -> None:
        """Keep a halt; on the disk when it returns."""

    def resume(self) -> bool:
        """End the halt; whether there was one."""

    def tidy(self) -> None:
        """Hourly maintenance of the file."""

    def close(self) -> None:
        """Release the file."""


class TradingHalt:
    """Whether orders are halted, now and after the next start."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.reason = journal.halted()
        """Why no order is sent; ``None`` while orders are sent."""

    def news(self) -> list[Event]:
        """The event of a halt that is in force."""
        return [] if self.reason is None else [TradingHalted(self.reason)]

    def begin(self, reason: str) -> tuple[Halted | None, list[Event]]:
        """Halt at once: the answer, which is an error if the halt holds only until the next start, and the
        event."""
        self.reason = reason
        try:
            self._journal.halt(reason)
        except Halted as error:
            return Halted(f"halted, but only until the next start: {error}"), self.news()
        return None, self.news()

    def end(self) -> tuple[bool | Halted, list[Event]]:
        """The answer, whether there was a halt or why it has to stay, and the event if it has ended."""
        try:
            was_halted = self._journal.resume() or self.reason is not None
        except Halted as error:
            return error, []
        self.reason = None
        return was_halted, [TradingResumed()]
