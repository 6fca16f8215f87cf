"""Messages that overtake whatever waits in an inbox."""

from msgspec import Struct


class Control(Struct, frozen=True):
    """Parent of the messages that overtake."""


class StopOrders(Control, frozen=True):
    """Orders that have not left yet must not leave any more: refuse them with ``reason``."""

    reason: str


class Drain(Control, frozen=True):
    """Take no new work, finish what is under way, then stop."""
