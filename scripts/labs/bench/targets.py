"""The targets, and whether they were met."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from labs.bench.findings import Cell, Table

Figures = Mapping[str, float]


class Target(Struct, frozen=True):
    """``figure`` must be at most ``limit`` or, with ``least``, at least ``limit``.

    It raises ``KeyError`` if a value that it needs was not measured."""

    what: str
    figure: Callable[[Figures], float]
    limit: float
    unit: str = ""
    least: bool = False

    def row(self, figures: Figures) -> list[Cell]:
        wanted = f"{'≥' if self.least else '≤'} {self.limit:g} {self.unit}".strip()
        try:
            figure = self.figure(figures)
        except KeyError:
            return [self.what, wanted, None, None, "not measured"]
        holds = figure >= self.limit if self.least else figure <= self.limit
        return [self.what, wanted, figure, figure / self.limit, "yes" if holds else "**no**"]


def _one(name: str) -> Callable[[Figures], float]:
    return lambda figures: figures[name]


def _ratio(ours: str, theirs: str) -> Callable[[Figures], float]:
    return lambda figures: figures[ours] / figures[theirs]


def _steepest(what: str) -> Callable[[Figures], float]:
    prefix = f"growth/{what}/"

    def steepest(figures: Figures) -> float:
        slopes = [value for name, value in figures.items() if name.startswith(prefix)]
        if not slopes:
            raise KeyError(prefix)
        return max(slopes)

    return steepest


def _to_picows(case: str, entrant: str, figure: str) -> Callable[[Figures], float]:
    return _ratio(f"{case}/tellwire {entrant}/{figure}", f"{case}/picows + orjson/{figure}")


_USERS, _USERS_LATE = "users 1, saturated", "users 1, paced 1000/s"
_LATE = "paced 1000/s"
_OURS = "saturated/tellwire 1 worker"

TARGETS = (
    Target("users, saturated, CPU per tick, 1 worker, x picows", _to_picows(_USERS, "1 worker", "cpu"), 0.45),
    Target("the same, 0 workers", _to_picows(_USERS, "0 workers", "cpu"), 0.42),
    Target("the same, handler of lists", _to_picows(_USERS, "1 worker, lists", "cpu"), 0.3),
    Target(
        "users, saturated, ticks/s, 1 worker, x picows",
        _to_picows(_USERS, "1 worker", "rate"),
        2.5,
        least=True,
    ),
    Target("users, 1,000/s, p50, inline, x picows", _to_picows(_USERS_LATE, "inline, 0 workers", "p50"), 1.4),
    Target("the same, own thread", _to_picows(_USERS_LATE, "0 workers", "p50"), 1.75),
    Target("the same, 1 worker", _to_picows(_USERS_LATE, "1 worker", "p50"), 2.5),
    Target("users, 1,000/s, CPU, inline, x picows", _to_picows(_USERS_LATE, "inline, 0 workers", "cpu"), 1.6),
    Target("the same, own thread", _to_picows(_USERS_LATE, "0 workers", "cpu"), 2.0),
    Target("the same, 1 worker", _to_picows(_USERS_LATE, "1 worker", "cpu"), 3.2),
    Target("ask to a worker and back, in a row, x picows' echo", _ratio("ask/next/p50", "ask/echo/p50"), 3),
    Target("the same, after a pause", _ratio("ask/pause/p50", "ask/echo after a pause/p50"), 4),
    Target(
        "PlaceOrder, journal on a RAM disk, p50, x before",
        _ratio("ask/order in memory/p50", "ask/before: order in memory/p50"),
        0.75,
    ),
    Target(
        "PlaceOrder, journal on disk, p50, x before", _ratio("ask/order/p50", "ask/before: order/p50"), 0.85
    ),
    Target("growth, connections", _steepest("connections"), 1.15, "x"),
    Target("growth, assets", _steepest("assets"), 1.15, "x"),
    Target("growth, subscribers", _steepest("subscribers"), 1.15, "x"),
    Target(
        "200 streams at 10/s, CPU of all processes, x aiohttp",
        _ratio("machine/tellwire, 1 attached", "machine/aiohttp + orjson, 1 program"),
        0.7,
    ),
    Target("cold start to the first tick, x before", _ratio("start", "before: start"), 0.65),
    Target("import of the runtime, x before", _ratio("start, import", "before: start, import"), 0.65),
    Target("saturated, CPU per tick, 1 worker, x picows", _to_picows("saturated", "1 worker", "cpu"), 0.6),
    Target(
        "saturated, ticks/s, 1 worker, x picows", _to_picows("saturated", "1 worker", "rate"), 1.8, least=True
    ),
    Target(
        "saturated, CPU per tick, handler of lists, x picows",
        _to_picows("saturated", "1 worker, lists", "cpu"),
        0.5,
    ),
    Target(
        "saturated, ticks/s, x BinaryOptionsToolsV2",
        _ratio(f"{_OURS}/rate", "saturated/BinaryOptionsToolsV2/rate"),
        80,
        least=True,
    ),
    Target(
        "saturated, ticks/s, x pocketoptionapi-async",
        _ratio(f"{_OURS}/rate", "saturated/pocketoptionapi-async/rate"),
        60,
        least=True,
    ),
    Target("data again after a dropped connection", _one("comeback/tellwire 1 worker"), 100, "ms"),
    Target("1,000 ticks/s, p99, 0 workers", _one(f"{_LATE}/tellwire 0 workers/p99"), 1000, "µs"),
    Target("1,000 ticks/s, p99, 1 worker", _one(f"{_LATE}/tellwire 1 worker/p99"), 1500, "µs"),
    Target("PlaceOrder, journal on disk, p50", _one("ask/order/p50"), 2000, "µs"),
    Target("PlaceOrder, journal on disk, p99", _one("ask/order/p99"), 10_000, "µs"),
    Target("PlaceOrder, journal on a RAM disk, p50", _one("ask/order in memory/p50"), 1000, "µs"),
    Target("64 commands joined, x websocket-client", _one("outbound/64"), 0.3),
    Target("memory, main process", _one(f"{_OURS}/resident"), 110, "MB"),
    Target("memory, each worker", _one(f"{_OURS}/worker"), 40, "MB"),
    Target("memory, growth under saturated load", lambda figures: figures["soak/memory"] * 100, 2, "%"),
    Target("cold start to the first tick", _one("start"), 2, "s"),
    Target("idle, 64 connections, of one core", _one("idle"), 2, "%"),
)


def table(figures: Figures) -> Table:
    """Every target, met or not."""
    return Table(
        "Targets",
        "All from this one run. The ratio is our figure to the target.",
        ["figure", "target", "measured", "ratio", "holds"],
        [target.row(figures) for target in TARGETS],
    )
