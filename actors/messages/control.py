"""Messages that overtake those that wait in an inbox, and those that any actor may receive."""

from typing import Any, ClassVar

from msgspec import Struct


class Control(Struct, frozen=True):
    """Parent of the messages that overtake those that wait in an inbox."""

    overtakes: ClassVar[bool] = True


class Drain(Control, frozen=True):
    """Accept no new work, finish the work under way, then stop."""


class Reconfigure(Control, frozen=True):
    """Apply ``settings`` now; its type is the one that the receiver was constructed with."""

    settings: Any
