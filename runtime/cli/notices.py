"""What a picture of a run says below its tables, where there is something to say."""

from typing import Final

from actors.messages.status import DeskStatus, ReloadStatus, Status
from runtime.logs.time_of_day import time_of_day

CLOCK_TOLERANCE: Final = 1.0
"""Seconds that the venue's clock may differ from ours before it is worth a line; deals last five at least."""


def notices(status: Status, now: float) -> list[str]:
    """A line for each subject; ``now`` is wall clock time."""
    told = {
        "orders": _orders(status.desk),
        "regions": "; ".join(
            f"the host of {region.name} wants to be left alone for {region.blocked_for:,.0f} s"
            for region in status.regions
            if region.blocked_for > 0
        ),
        "clock": _clock(status.clock_offset),
        "reload": _reload(status.reload, now),
    }
    return [f"{subject:<8} {text}" for subject, text in told.items() if text]


def _orders(desk: DeskStatus) -> str:
    """Empty for who does not trade."""
    if desk == DeskStatus(None, 0, 0, 0, 0):
        return ""
    deals = f"{desk.open_deals} open, {desk.closed_deals} closed, {desk.in_flight} under way"
    doubt = f", {desk.in_doubt} IN DOUBT" if desk.in_doubt else ""
    return f"{deals}{doubt}" if desk.halted is None else f"HALTED ({desk.halted}); {deals}{doubt}"


def _clock(offset: float | None) -> str:
    if offset is None or abs(offset) < CLOCK_TOLERANCE:
        return ""
    return f"the venue's is {abs(offset):,.1f} s {'ahead of' if offset > 0 else 'behind'} ours"


def _reload(reload: ReloadStatus, now: float) -> str:
    parts = []
    if reload.refused_at is not None:
        first, *more = reload.problems
        others = f" and {len(more)} more" if more else ""
        parts.append(f"REFUSED at {time_of_day(reload.refused_at, now)} ({first}{others})")
    if reload.last_at is not None:
        parts.append(f"{reload.last_outcome} took effect at {time_of_day(reload.last_at, now)}")
    return "; ".join(parts)
