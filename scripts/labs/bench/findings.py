"""The findings: figures by name, for the targets and the chart, and tables to read."""

import statistics
from collections.abc import Sequence

from msgspec import Struct, field

Cell = str | float | int | None


class Table(Struct, frozen=True):
    """One table; ``note`` explains it."""

    title: str
    note: str
    columns: list[str]
    rows: list[list[Cell]]

    def markdown(self) -> str:
        """As Markdown, with aligned columns."""
        cells = [self.columns, *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = [
            "| "
            + " | ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            + " |"
            for row in cells
        ]
        ruler = (
            "|"
            + "|".join("-" * (width + 1) + ("-" if at == 0 else ":") for at, width in enumerate(widths))
            + "|"
        )
        note = [self.note, ""] if self.note else []
        return "\n".join([f"### {self.title}", "", *note, lines[0], ruler, *lines[1:]])


class Findings(Struct):
    """``host`` describes the machine. ``problems`` names cases that failed or that lost, doubled or reordered
    ticks."""

    host: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        if abs(cell) >= 1000:
            return f"{cell:,.0f}"
        return f"{cell:.3g}" if abs(cell) < 100 else f"{cell:.0f}"
    return str(cell)
