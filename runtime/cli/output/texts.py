"""How the tables say durations, amounts and states; no I/O, no clock."""

from datetime import UTC, datetime
from decimal import Decimal

from runtime.cli.output.cells import Cell

STATE_STYLES = {
    "up": "green",
    "live": "green",
    "confirmed": "green",
    "starting": "yellow",
    "pending": "yellow",
    "waiting": "yellow",
    "stranded": "yellow",
    "closing": "yellow",
    "restarting": "yellow",
    "stale": "bold yellow",
    "closed": "dim",
    "quarantined": "bold red",
    "stopped": "red",
}
HEALTHY = frozenset({"up", "live", "confirmed", "closed"})


def state_cell(state: str) -> Cell:
    return Cell(state, STATE_STYLES.get(state, ""))


def seconds_text(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds < 60 else clock_text(seconds)


def clock_text(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}"


def left_text(seconds: float) -> str:
    """A countdown: minutes and seconds, and hours if there are some."""
    left = max(0, int(seconds + 0.999))
    return clock_text(left) if left >= 3600 else f"{left // 60}:{left % 60:02}"


def time_text(at: float) -> str:
    """A time of the day, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}Z"


def amount_text(amount: Decimal) -> str:
    """With all of its decimals, and two at least."""
    exponent = amount.as_tuple().exponent
    return f"{amount:,.{max(2, -exponent if isinstance(exponent, int) else 0)}f}"


def profit_text(amount: Decimal) -> str:
    return f"+{amount_text(amount)}" if amount > 0 else amount_text(amount)


def profit_style(amount: Decimal) -> str:
    return "green" if amount > 0 else "red" if amount < 0 else ""


def gap_text(gap: tuple[float, float] | None, now: float) -> str:
    if gap is None:
        return "-"
    return f"{gap[1] - gap[0]:.1f} s, {clock_text(max(0.0, now - gap[1]))} ago"
