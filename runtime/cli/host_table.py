"""The hosts of a cluster as a table."""

from collections.abc import Sequence

from runtime.cli.cluster_view import HostState
from runtime.cli.text_table import text_table

_TITLES = ("HOST", "STATE", ">SEEN", "VERSION", "HAS")
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def host_table(states: Sequence[HostState], ownerless: Sequence[str]) -> str:
    """A line for each, and one for what no host has."""
    table = text_table(_TITLES, [_row(state) for state in states])
    return f"{table}\nno host has {', '.join(ownerless)}" if ownerless else table


def _row(state: HostState) -> list[str]:
    has = ", ".join(
        [
            *(f"{each.name} (epoch {each.epoch})" for each in state.duties),
            *(f"{name} (standby)" for name in state.stands_by),
        ]
    )
    return [state.name, state.state, f"{_age(state.seen_ago)} ago", state.version, has or "-"]


def _age(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
