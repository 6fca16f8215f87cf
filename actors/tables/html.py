"""Rows as HTML, for notebooks."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

from actors.tables.columns import Column

MOST_SHOWN: Final = 20
"""Rows; of a longer table the first and the last half of these are shown."""


def table_html(title: str, columns: Sequence[Column], rows: Sequence[Any]) -> str:
    """A table with a caption: the ``title`` and how many rows there are."""
    half = MOST_SHOWN // 2
    shown = rows if len(rows) <= MOST_SHOWN else (*rows[:half], *rows[-half:])
    cells = list(zip(*(map(_shown(column), column.values(shown)) for column in columns), strict=True))
    if len(rows) > MOST_SHOWN:
        cells.insert(half, tuple("…" for _ in columns))
    count = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    return plain_table(f"{title}: {count}", [column.name for column in columns], cells)


def plain_table(caption: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of cells that are shown as they are; ``None`` is an empty cell."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(content: object) -> str:
    return f"<td>{escape('' if content is None else str(content))}</td>"


def _shown(column: Column) -> Callable[[Any], str]:
    return _moment if column.kind == "time" else _text


def _moment(seconds: float | None) -> str:
    """In UTC; with milliseconds unless it is a whole second."""
    if seconds is None:
        return ""
    whole = float(seconds).is_integer()
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "seconds" if whole else "milliseconds")


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
        case tuple():
            return ", ".join(map(str, value))
    return str(value)
