"""The findings as one picture: CPU per tick of every client, on a logarithmic scale, as SVG."""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from labs.bench.findings import Findings

WIDTH, ROW, TOP, LABELS, RIGHT = 760, 30, 64, 200, 90
OURS, THEIRS, INK, GRID = "#0b6e4f", "#8d99ae", "#22262e", "#d7dce2"
FONT = "font-family='system-ui, sans-serif'"
DECADES = (0.1, 1.0, 10.0, 100.0, 1000.0)


def draw(findings: Findings) -> str:
    """Shorter is better; the runtime's bars have a colour of their own."""
    bars = sorted(_bars(findings), key=lambda bar: bar[1])
    height = TOP + ROW * len(bars) + 40
    return "\n".join([
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img'>",
        "<title>CPU per tick, saturated</title>",
        f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
        _text(16, 26, "CPU per tick, from the socket to a Python handler", size=16, weight="600"),
        _text(16, 46, "microseconds, all processes added up, logarithmic: shorter is better", size=12),
        *_grid(height),
        *(line for at, bar in enumerate(bars) for line in _bar(at, *bar)),
        "</svg>\n",
    ])  # fmt: skip


def _bars(findings: Findings) -> Iterator[tuple[str, float]]:
    for name, value in findings.figures.items():
        match name.split("/"):
            case ["saturated", client, "cpu"]:
                yield client, value


def _x(value: float) -> float:
    span = math.log10(DECADES[-1] / DECADES[0])
    share = math.log10(max(value, DECADES[0]) / DECADES[0]) / span
    return LABELS + share * (WIDTH - LABELS - RIGHT)


def _grid(height: int) -> Iterator[str]:
    bottom = height - 28
    for decade in DECADES:
        x = _x(decade)
        yield f"<line x1='{x:.1f}' y1='{TOP - 6}' x2='{x:.1f}' y2='{bottom}' stroke='{GRID}'/>"
        yield _text(x, bottom + 16, f"{decade:g} µs", size=11, anchor="middle")


def _bar(at: int, name: str, value: float) -> Iterator[str]:
    y = TOP + ROW * at
    colour = OURS if name.startswith("tellwire") else THEIRS
    yield _text(LABELS - 10, y + 15, name, size=13, anchor="end")
    yield f"<rect x='{LABELS}' y='{y}' width='{_x(value) - LABELS:.1f}' height='{ROW - 8}' fill='{colour}'/>"
    yield _text(_x(value) + 6, y + 15, f"{value:.3g}", size=12)


def _text(x: float, y: float, text: str, *, size: int, weight: str = "400", anchor: str = "start") -> str:
    return (
        f"<text x='{x:.1f}' y='{y}' {FONT} font-size='{size}' font-weight='{weight}' fill='{INK}' "
        f"text-anchor='{anchor}'>{escape(text)}</text>"
    )
