"""Tables of plain text: every column as wide as its widest cell, nothing cut, no library loaded."""

from collections.abc import Sequence


def text_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A line of ``titles``, and one for each of ``rows``. A title that begins with ``>`` has its column
    aligned to the right."""
    right = [title.startswith(">") for title in titles]
    lines = [[title.removeprefix(">") for title in titles], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )
