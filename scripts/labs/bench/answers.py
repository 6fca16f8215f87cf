"""The duration of an ask: to a worker, to the venue, and through the journal of orders."""

import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, structs, to_builtins

from labs.bench import settings
from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median, percentile
from labs.bench.processes import PROJECT, Child, Failed
from labs.bench.trial import EURUSD, LOGIN, LONGEST
from labs.bench.venue import SESSION
from labs.bench.words import Offer

RAM_DISK = Path("/dev/shm")
ORDERS_AT_MOST = 500
PAUSE = 0.01
"""Seconds of a pause; the batcher holds no request for so long, so each is the first after a pause."""


class Series(Struct, frozen=True):
    """``count`` asks, each after ``pause`` seconds; ``name`` names the figure, ``what`` describes it."""

    name: str
    what: str
    command: str
    count: int
    pause: float = 0.0


def answers(bench: Bench) -> None:
    """One ask after another; the load server answers at once."""
    asks, orders = bench.scale.asks, min(bench.scale.asks, ORDERS_AT_MOST)
    place = "PlaceOrder, journaled, to the venue and back"
    series = [
        Series("pause", "SendRaw, to a worker's socket and back, after a pause", "SendRaw", asks, PAUSE),
        Series("next", "SendRaw, one right after another", "SendRaw", asks),
        Series("candles", "LoadCandles, 100 bars, after a pause", "LoadCandles", asks, PAUSE),
        Series("order", f"{place}, journal on disk", "PlaceOrder", orders),
    ]
    in_memory = Series("order in memory", f"{place}, journal on a RAM disk", "PlaceOrder", orders)
    echo = [
        Series("echo after a pause", "picows: ping and pong, after a pause", "", asks, PAUSE),
        Series("echo", "picows: ping and pong, one right after another", "", asks),
    ]
    answered: dict[Series, list[tuple[list[float], float]]] = {}
    for _ in range(bench.scale.rounds):
        if importlib.util.find_spec("picows"):
            _ask(bench, answered, echo, "labs.bench.peers.picows_echo", {"url": bench.venue.url})
        for before in (None, bench.before) if bench.before else (None,):
            with tempfile.TemporaryDirectory(prefix="tellwire-bench-") as disk:
                _ask_tellwire(bench, answered, series, Path(disk), before)
            if RAM_DISK.is_dir():
                with tempfile.TemporaryDirectory(prefix="tellwire-bench-", dir=RAM_DISK) as ram:
                    _ask_tellwire(bench, answered, [in_memory], Path(ram), before)
    rows: list[list[Cell]] = []
    for each, rounds in answered.items():
        late = {
            percent: median([percentile(taken, percent) for taken, _ in rounds]) * 1e6 for percent in (50, 99)
        }
        for percent, value in late.items():
            bench.findings.figures[f"ask/{each.name}/p{percent}"] = value
        rows.append([each.what, *late.values(), median([cpu for _, cpu in rounds]) * 1e6])
    note = (
        "Through a worker process, one at a time. An order is in the journal, and synced, before it leaves. "
        "CPU is the main process's: after a pause the same instructions take longer."
    )
    bench.findings.tables.append(Table("Asks", note, ["ask", "p50 µs", "p99 µs", "CPU µs"], rows))


def _ask_tellwire(
    bench: Bench,
    answered: dict[Series, list[tuple[list[float], float]]],
    series: Sequence[Series],
    folder: Path,
    before: Path | None,
) -> None:
    bench.venue.tell(Offer([EURUSD]))
    config = settings.write(folder, url=bench.venue.url, session=SESSION, assets=[EURUSD], workers=1)
    if before is not None:
        series = [
            structs.replace(each, name=f"before: {each.name}", what=f"before: {each.what}") for each in series
        ]
    brief = {"config": str(config), "asset": EURUSD}
    _ask(bench, answered, series, "labs.bench.asking", brief, before or PROJECT)
    bench.venue.wait_for_streams(0, LOGIN)


def _ask(
    bench: Bench,
    answered: dict[Series, list[tuple[list[float], float]]],
    series: Sequence[Series],
    module: str,
    brief: Mapping[str, object],
    project: Path = PROJECT,
) -> None:
    try:
        with Child(module, brief={**brief, "series": to_builtins(series)}, project=project) as child:
            for each, answer in zip(series, child.line(LONGEST), strict=True):
                answered.setdefault(each, []).append(answer)
    except Failed as failure:
        bench.failed("asks", failure)
