"""The duration of an ask: to a worker, to the venue, and through the journal of orders."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, to_builtins

from labs.bench import settings
from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, percentile
from labs.bench.processes import Child, Failed
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
    with tempfile.TemporaryDirectory(prefix="tellwire-bench-") as disk:
        rows = _ask(bench, Path(disk), series)
    if RAM_DISK.is_dir():
        with tempfile.TemporaryDirectory(prefix="tellwire-bench-", dir=RAM_DISK) as ram:
            in_memory = Series("order in memory", f"{place}, journal on a RAM disk", "PlaceOrder", orders)
            rows += _ask(bench, Path(ram), [in_memory])
    note = (
        "Through a worker process, one at a time. An order is in the journal, and synced, before it leaves. "
        "CPU is the main process's: after a pause the same instructions take longer."
    )
    bench.findings.tables.append(Table("Asks", note, ["ask", "p50 µs", "p99 µs", "CPU µs"], rows))


def _ask(bench: Bench, folder: Path, series: Sequence[Series]) -> list[list[Cell]]:
    bench.venue.tell(Offer([EURUSD]))
    config = settings.write(folder, url=bench.venue.url, session=SESSION, assets=[EURUSD], workers=1)
    brief = {"config": str(config), "asset": EURUSD, "series": to_builtins(series)}
    rows: list[list[Cell]] = []
    try:
        with Child("labs.bench.asking", brief=brief) as child:
            for each, (taken, cpu) in zip(series, child.line(LONGEST), strict=True):
                late = {percent: percentile(taken, percent) * 1e6 for percent in (50, 99)}
                for percent, value in late.items():
                    bench.findings.figures[f"ask/{each.name}/p{percent}"] = value
                rows.append([each.what, *late.values(), cpu * 1e6])
    except Failed as failure:
        bench.failed("asks", failure)
    finally:
        bench.venue.wait_for_streams(0, LOGIN)
    return rows
