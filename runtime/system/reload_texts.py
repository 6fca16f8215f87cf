"""Sentences about reloads, for the log, the live table and ``ctl reload``."""

from collections.abc import Sequence

from actors.messages.status import PendingStream, ReloadStatus
from runtime.logs.time_of_day import time_of_day


def unchanged(status: ReloadStatus, now: float) -> str:
    """Why a reload changes nothing: the watch over the file may have applied the change already. ``now`` is
    wall clock time."""
    if status.last_at is None:
        return "nothing has changed"
    since = time_of_day(status.last_at, now)
    return f"nothing has changed since {since}, when {status.last_outcome} took effect"


def last_reloads(status: ReloadStatus, now: float) -> str:
    """The last refused and the last effective reload, ``""`` without any; ``now`` is wall clock time."""
    parts = []
    if status.refused_at is not None:
        first, *more = status.problems
        others = f" and {len(more)} more" if more else ""
        parts.append(f"REFUSED at {time_of_day(status.refused_at, now)} ({first}{others})")
    if status.last_at is not None:
        parts.append(f"{status.last_outcome} took effect at {time_of_day(status.last_at, now)}")
    return "; ".join(parts)


def pending_text(pending: Sequence[PendingStream]) -> str:
    """The streams that are not yet as configured, ``""`` if all are."""
    return "; ".join(
        f"{each.asset} {'has not begun' if each.wanted else 'has not ended'}"
        + (f" ({each.reason})" if each.reason else "")
        for each in pending
    )
