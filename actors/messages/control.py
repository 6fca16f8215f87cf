"""Messages that overtake whatever waits in an inbox."""

from msgspec import Struct


class Control(Struct, frozen=True):
    """Parent of the messages that overtake."""


class Drain(Control, frozen=True):
    """Take no new work, finish what is under way, then stop."""
