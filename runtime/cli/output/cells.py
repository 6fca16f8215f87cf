"""Lines of styled text, and tables made of them, of an exact number of columns; no I/O."""

import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from runtime.logs import printable

GAP = "  "
"""Between two columns of a table."""

SHORT = 24
"""To so many columns an elastic column is cut before others go."""

Strip = list[Segment]

_BETWEEN = Segment(GAP)


class Picture(NamedTuple):
    """What a terminal shows, from its first line to its last; none is wider than the terminal."""

    lines: list[Strip]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines:
            yield from line
            yield Segment.line()


class GridColumn(NamedTuple):
    """Where a table is too narrow, the columns of the highest ``rank`` go first; those of rank 0 stay, and
    the ``elastic`` one is cut."""

    title: str
    rank: int = 0
    right: bool = False
    elastic: bool = False


class Cell(NamedTuple):
    text: str
    style: str = ""


Row = list[Cell]


@functools.cache
def style(words: str) -> Style | None:
    """The style that these words mean to rich, such as ``bold red``."""
    return Style.parse(words) if words else None


def part(text: str, words: str = "") -> Segment:
    """A piece of a line; what a terminal would act on is escaped."""
    return Segment(text if text.isascii() and text.isprintable() else printable(text), style(words))


def width_of(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` columns; what is cut off leaves an ellipsis."""
    size = width_of(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    return " " * (width - size) + text if right else text + " " * (width - size)


def cut(line: Strip, width: int) -> Strip:
    """``line`` without what exceeds ``width`` columns."""
    kept: Strip = []
    room = width
    for each in line:
        size = width_of(each.text)
        if size <= room:
            kept.append(each)
            room -= size
            continue
        if room > 0:
            kept.append(Segment(fit(each.text, room), each.style))
        break
    return kept


def pad(line: Strip, width: int) -> Strip:
    """``line`` in exactly ``width`` columns."""
    size = sum(width_of(each.text) for each in line)
    if size > width:
        line = cut(line, width)
        size = sum(width_of(each.text) for each in line)
    return [*line, Segment(" " * (width - size))] if size < width else line


def beside(left: Sequence[Strip], right: Sequence[Strip], width: int) -> list[Strip]:
    """Two blocks side by side; the left one has ``width`` columns."""
    rows = max(len(left), len(right))
    filled = [*left, *([[]] * (rows - len(left)))]
    others = [*right, *([[]] * (rows - len(right)))]
    return [[*pad(one, width), *other] for one, other in zip(filled, others, strict=True)]


def wrapped(text: str, width: int, words: str = "") -> list[Strip]:
    """``text`` on as many lines as it needs, broken between words where that is possible."""
    lines: list[Strip] = []
    text = printable(text)
    while width_of(text) > width:
        place = text.rfind(" ", width // 2, width) + 1 or max(1, width)
        lines.append([part(text[:place].rstrip(), words)])
        text = "  " + text[place:]
        if width < 8:
            break
    return [*lines, [part(text, words)]]


def grid(columns: Sequence[GridColumn], rows: Sequence[Row], width: int) -> list[Strip]:
    """The titles, and a line for each of ``rows``."""
    cells = [[_printable(cell) for cell in row] for row in rows]
    kept = list(range(len(columns)))
    widths = [
        max([len(column.title), *(width_of(row[index].text) for row in cells)])
        for index, column in enumerate(columns)
    ]
    natural = tuple(widths)
    while (over := sum(widths[each] + len(GAP) for each in kept) - len(GAP) - width) > 0:
        elastic = [each for each in kept if columns[each].elastic]
        optional = max(kept, key=lambda each: columns[each].rank)
        for each in elastic:
            least = min(widths[each], max(len(columns[each].title), SHORT if columns[optional].rank else 8))
            spared = min(over, widths[each] - least)
            widths[each] -= spared
            over -= spared
        if over <= 0 or columns[optional].rank == 0:
            break
        kept.remove(optional)
        widths = list(natural)  # the elastic one has its room again
    titles = [Cell(columns[each].title, "bold") for each in range(len(columns))]
    lines = [_line(row, columns, kept, widths) for row in [titles, *cells]]
    fits = sum(widths[each] + len(GAP) for each in kept) - len(GAP) <= width
    return lines if fits else [cut(line, width) for line in lines]


def _printable(cell: Cell) -> Cell:
    plain = cell.text.isascii() and cell.text.isprintable()
    return cell if plain else Cell(printable(cell.text), cell.style)


def _line(
    row: Sequence[Cell], columns: Sequence[GridColumn], kept: Iterable[int], widths: Sequence[int]
) -> Strip:
    line: Strip = []
    for index in kept:
        if line:
            line.append(_BETWEEN)
        cell = row[index]
        line.append(Segment(fit(cell.text, widths[index], right=columns[index].right), style(cell.style)))
    return line


def limited(lines: list[Strip], limit: int, hint: str, skip: int = 0) -> list[Strip]:
    """At most ``limit`` lines: the title, and those after ``skip`` others. What finds no room is
    counted in the last line, with ``hint``, which says how it is to be seen."""
    title, rows = lines[:1], lines[1:]
    room = max(1, limit - len(title))
    skip = max(0, min(skip, len(rows) - room + 1))
    if len(rows) <= room:
        return lines
    shown = rows[skip : skip + room - 1]
    below = len(rows) - skip - len(shown)
    told = [f"{below} more"] if below else []
    if skip:
        told.append(f"{skip} above")
    return [*title, *shown, [part(f"{', '.join(told)}: {hint}", "dim")]]


def share(room: int, wants: Sequence[int]) -> list[int]:
    """Lines for each table out of ``room``: the shortest first, at least one each."""
    given = [0] * len(wants)
    left = max(room, len(wants))
    order = sorted(range(len(wants)), key=lambda index: wants[index])
    for position, index in enumerate(order):
        given[index] = min(wants[index], left // (len(wants) - position))
        left -= given[index]
    return given
