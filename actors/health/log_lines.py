"""What an operator reads of streams: what has happened, where, and what is done about it."""

from typing import Final

from actors.health.states import RecoveryAction
from actors.messages.events import StreamGap, StreamStale

_CURES: Final = {
    RecoveryAction.RESUBSCRIBE.value: "it is subscribed again",
    RecoveryAction.MOVE.value: "it moves to another connection",
    RecoveryAction.RECONNECT.value: "its connection is replaced",
}


def gap_line(gap: StreamGap, region: str) -> str:
    """The text of a warning; ``region`` is ``""`` while it is not known."""
    return (
        f"{gap.asset} has a gap of {gap.to_time - gap.from_time:.2f} s{_where(gap.connection, region)}:"
        f" {gap.reason}; its candles are loaded, its ticks only by LoadTicks"
    )


def stale_line(stale: StreamStale, connection: str, region: str) -> str:
    """The text of a warning."""
    return (
        f"{stale.asset} is stale{_where(connection, region)}, {stale.silent_for:.1f} s without a tick"
        f" ({stale.reason}): {_CURES[stale.cure]}; if that does not help, compare with the venue's page"
    )


def _where(connection: str, region: str) -> str:
    if not connection:
        return ""
    return f" on {connection} ({region})" if region else f" on {connection}"
