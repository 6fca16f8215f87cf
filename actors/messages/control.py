"""Messages that overtake all that waits in an inbox."""

from typing import Any, ClassVar

from msgspec import Struct


class Control(Struct, frozen=True):
    """Parent of the messages that overtake."""

    overtakes: ClassVar[bool] = True


class HaltTrading(Control, frozen=True):
    """Waiter ``id`` wants no more orders sent, for ``reason``."""

    id: int
    reason: str


class StopOrders(Control, frozen=True):
    """Refuse orders with ``reason``, those that wait and those that come, until ``ResumeOrders``."""

    reason: str


class ResumeOrders(Control, frozen=True):
    """Orders may pass again."""


class Drain(Control, frozen=True):
    """Take no new work, finish what is under way, then stop."""


class HandoverBegun(Control, frozen=True):
    """``new`` is about to carry the stream of ``asset`` in place of ``old``, which goes on until it is
    released; with ``cut`` nothing that it still says counts. Both are lives: a connection and its epoch.

    It overtakes, because no tick of ``new`` may come before it.
    """

    asset: str
    old: tuple[str, int]
    new: tuple[str, int]
    cut: bool = False


class Reconfigure(Control, frozen=True):
    """``settings``, of the receiver's own kind, hold from now on."""

    settings: Any
