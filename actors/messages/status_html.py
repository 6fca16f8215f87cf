"""A status as HTML, for notebooks: what a person asks first, not every figure."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from actors.tables.html import plain_table

if TYPE_CHECKING:
    from actors.messages.status import Status

_CONNECTIONS: Final = {
    "connection": "child.name",
    "state": "child.state",
    "region": "child.region",
    "role": "pooled.role",
    "worker": "child.worker",
    "messages/s": "seen.rate",
    "restarts": "child.restarts",
    "last error": "child.last_error",
}
_STREAMS: Final = {
    "stream": "placed.asset",
    "state": "placed.state",
    "health": "seen.health",
    "price": "seen.last_price",
    "ticks": "seen.ticks",
    "gaps": "seen.gaps",
    "connection": "placed.connection",
    "owners": "placed.owners",
}
_WORKERS: Final = {
    "worker": "name",
    "state": "state",
    "pid": "pid",
    "restarts": "restarts",
    "CPU s": "cpu_seconds",
    "bytes": "rss_bytes",
}
_ORDERS: Final = {
    "halted": "halted",
    "refuses": "refuses",
    "in flight": "in_flight",
    "in doubt": "in_doubt",
    "open deals": "open_deals",
    "closed deals": "closed_deals",
}
"""The columns of each table, and where a row has their values."""


def status_html(status: "Status") -> str:
    return "".join(
        (
            _table("Connections", _CONNECTIONS, status.connections),
            _table("Streams", _STREAMS, status.streams),
            _table("Workers", _WORKERS, status.workers),
            _table("Orders", _ORDERS, [status.desk]),
            *(
                plain_table("Configuration refused", ["problem"], [[problem]])
                for problem in status.reload.problems
            ),
        )
    )


def _table(caption: str, columns: dict[str, str], rows: Sequence[Any]) -> str:
    cells: Iterable[list[object]] = (
        [_cell(attrgetter(place)(row)) for place in columns.values()] for row in rows
    )
    return plain_table(caption, list(columns), list(cells))


def _cell(value: object) -> object:
    match value:
        case float():
            return f"{value:.6g}"
        case tuple():
            return ", ".join(map(str, value))
    return value
