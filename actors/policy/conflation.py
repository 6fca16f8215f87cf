"""What a listener who is too slow still gets: the newest tick of each asset, and everything else."""

from collections.abc import Sequence
from typing import Any

from actors.values import Tick


def conflate(events: Sequence[Any]) -> tuple[list[Any], int]:
    """The events without the ticks that a later tick of the same asset makes old, and how many those were.

    Order is kept; nothing but ticks is ever left out.
    """
    newest = {event.asset: index for index, event in enumerate(events) if type(event) is Tick}
    kept = [
        event for index, event in enumerate(events) if type(event) is not Tick or newest[event.asset] == index
    ]
    return kept, len(events) - len(kept)
