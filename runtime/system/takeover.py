"""What the owner of an account takes over from the one before, which may have been on another host."""

from collections.abc import Callable
from typing import Final, NamedTuple

from actors.orders.journal import Journal
from actors.outbound.send_log import SendLog


class Takeover(NamedTuple):
    """``share_journal`` makes the journal that all owners have of the file of this host; it raises ``Halted``
    if it cannot. ``send_log`` is what they have sent; ``None``: no limit outlives its owner."""

    share_journal: Callable[[Journal], Journal]
    send_log: SendLog | None


NOTHING: Final = Takeover(lambda local: local, None)
"""Of an account that one host has for ever."""
