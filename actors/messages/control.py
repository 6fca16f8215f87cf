"""Messages that overtake all that waits in an inbox."""

from typing import Any, ClassVar

from msgspec import Struct


class Control(Struct, frozen=True):
    """Parent of the messages that overtake."""

    overtakes: ClassVar[bool] = True


class Drain(Control, frozen=True):
    """Take no new work, finish what is under way, then stop."""


class Reconfigure(Control, frozen=True):
    """``settings``, of the receiver's own kind, hold from now on."""

    settings: Any
