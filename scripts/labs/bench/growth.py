"""The cost of a tick as connections, assets, subscribers and workers grow in number."""

from collections.abc import Callable, Sequence

from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median
from labs.bench.processes import Failed
from labs.bench.roster import ONE_WORKER, with_options
from labs.bench.trial import EVERYTHING, Outcome, Trial, symbols


def growth(bench: Bench) -> None:
    """Grow one number at a time."""
    scale = bench.scale
    rows = [
        *_grow(bench, "connections, an asset on each", scale.connections, _connections),
        *_grow(bench, "assets on 2 connections", scale.assets, _assets),
        *_grow(bench, "subscribers", [1 + each for each in scale.bystanders], _subscribers),
        *_grow(bench, "workers, 2 connections", (1, 2), _workers),
    ]
    bench.findings.tables.append(
        Table(
            "Growth",
            "tellwire, saturated. The slope is the CPU per tick against that of the first row of its kind. "
            "Of the subscribers, one listens to the asset that ticks, the others to other assets.",
            ["what", "how many", "ticks/s", "CPU µs/tick", "slope"],
            rows,
        )
    )


def _grow(
    bench: Bench, what: str, sizes: Sequence[int], run: Callable[[Bench, int], Outcome]
) -> list[list[Cell]]:
    found: dict[int, list[Outcome]] = {size: [] for size in sizes}
    for _ in range(bench.scale.rounds):
        for size in sizes:
            label = f"growth, {size} {what}"
            try:
                found[size].append(bench.check(label, run(bench, size)))
            except Failed as failure:
                bench.failed(label, failure)
    rows: list[list[Cell]] = []
    base = 0.0
    for size, outcomes in found.items():
        if outcomes:
            cpu = median([each.cpu_us for each in outcomes])
            base = base or cpu
            rows.append([what, size, median([each.rate for each in outcomes]), cpu, cpu / base])
            bench.findings.figures[f"growth/{what.partition(',')[0].split()[0]}/{size}"] = cpu / base
    return rows


def _count(bench: Bench) -> int:
    return max(500, int(ONE_WORKER.speed * bench.scale.seconds / 2))


def _connections(bench: Bench, size: int) -> Outcome:
    entrant = with_options(ONE_WORKER, topic=EVERYTHING)
    return Trial(bench.venue, entrant, symbols(size), connections=size).saturate(_count(bench))


def _assets(bench: Bench, size: int) -> Outcome:
    entrant = with_options(ONE_WORKER, topic=EVERYTHING)
    return Trial(bench.venue, entrant, symbols(size), connections=2).saturate(_count(bench))


def _subscribers(bench: Bench, size: int) -> Outcome:
    entrant = with_options(ONE_WORKER, bystanders=size - 1)
    return Trial(bench.venue, entrant).saturate(_count(bench))


def _workers(bench: Bench, size: int) -> Outcome:
    entrant = with_options(ONE_WORKER, topic=EVERYTHING, workers=size)
    return Trial(bench.venue, entrant, symbols(2), connections=2).saturate(_count(bench))
