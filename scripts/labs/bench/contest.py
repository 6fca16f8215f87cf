"""All clients under the same load: saturated, and paced."""

from collections import defaultdict
from collections.abc import Callable
from itertools import chain

from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median, percentile
from labs.bench.processes import Failed
from labs.bench.roster import Entrant
from labs.bench.trial import Outcome, Trial

REFERENCE = "picows + orjson"
PERCENTILES = (50.0, 99.0, 99.9)
PACED_SECONDS = 5.0
HEADROOM = 4
"""A client whose limit is not so many times the pace is left out of a paced case: it would show its queue."""


def saturated(bench: Bench) -> None:
    """Every client gets the ticks that it handles in about the same time; their rounds are interleaved."""
    outcomes = _rounds(bench, bench.entrants, "saturated", lambda entrant: _saturate(bench, entrant))
    figures = bench.findings.figures
    for name, found in outcomes.items():
        figures[f"saturated/{name}/cpu"] = median([each.cpu_us for each in found])
        figures[f"saturated/{name}/rate"] = median([each.rate for each in found])
        figures[f"saturated/{name}/resident"] = max(each.resident[0] for each in found) / 1e6
        figures[f"saturated/{name}/own cpu"] = median(
            [each.cpu_seconds[0] / each.sent * 1e6 for each in found]
        )
        if len(found[0].resident) > 1:
            worker = max(chain.from_iterable(each.resident[1:] for each in found))
            figures[f"saturated/{name}/worker"] = worker / 1e6
    reference = figures.get(f"saturated/{REFERENCE}/cpu")
    rows: list[list[Cell]] = []
    for entrant in bench.entrants:
        if entrant.name in outcomes:
            cpu = figures[f"saturated/{entrant.name}/cpu"]
            own = figures[f"saturated/{entrant.name}/own cpu"]
            rate = figures[f"saturated/{entrant.name}/rate"]
            memory = sum(outcomes[entrant.name][-1].resident) / 1e6
            sent = outcomes[entrant.name][-1].sent
            rows.append([entrant.name, sent, rate, cpu, own, reference and cpu / reference, memory])
    rows += [[f"{each.name}: {each.reason}", *[None] * 6] for each in bench.absent]
    bench.findings.tables.append(
        Table(
            "Saturated",
            "The server writes as fast as the client reads. CPU is summed over all processes of the client, "
            "to a Python handler that is called for each tick; `lists` is called for each batch.",
            [
                "client",
                "ticks",
                "ticks/s",
                "CPU µs/tick",
                "of it main process",
                f"x {REFERENCE}",
                "memory MB",
            ],
            rows,
        )
    )


def _saturate(bench: Bench, entrant: Entrant) -> Outcome:
    count = max(500, int(entrant.speed * bench.scale.seconds))
    return Trial(bench.venue, entrant).saturate(count)


def paced(bench: Bench) -> None:
    """Latency from the server's stamp to the handler."""
    single = [entrant for entrant in bench.entrants if not entrant.options.get("batch")]
    for rate in bench.scale.rates:
        _pace_all(bench, [entrant for entrant in single if entrant.speed >= HEADROOM * rate], rate)


def _pace_all(bench: Bench, entrants: list[Entrant], rate: float) -> None:
    seconds = max(0.5, min(PACED_SECONDS, PACED_SECONDS * bench.scale.seconds))
    name = f"paced {rate:.0f}/s"
    outcomes = _rounds(
        bench, entrants, name, lambda entrant: Trial(bench.venue, entrant, timed=True).pace(rate, seconds)
    )
    rows: list[list[Cell]] = []
    for each, found in outcomes.items():
        rounds = [[(handled - sent) * 1e6 for sent, handled, _ in outcome.times] for outcome in found]
        late = [median([percentile(taken, percent) for taken in rounds]) for percent in PERCENTILES]
        for percent, value in zip(PERCENTILES, late, strict=True):
            bench.findings.figures[f"{name}/{each}/p{percent:g}"] = value
        cpu = median([outcome.cpu_us for outcome in found])
        bench.findings.figures[f"{name}/{each}/cpu"] = cpu
        rows.append([each, *late, cpu])
    bench.findings.tables.append(
        Table(
            f"Paced: {rate:,.0f} ticks a second",
            "Microseconds from the moment the server stamps a tick to the moment the handler has it.",
            ["client", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/tick"],
            rows,
        )
    )


def comeback(bench: Bench) -> None:
    """Seconds from a dropped connection to the next tick in the handler."""
    rows: list[list[Cell]] = []
    for entrant in bench.entrants:
        if not entrant.reconnects or entrant.options.get("batch"):
            continue
        taken: list[float] = []
        lost = False
        for _ in range(bench.scale.rounds):
            try:
                back = Trial(bench.venue, entrant, timed=True).drop(bench.scale.patience)
            except Failed as failure:
                bench.failed(f"comeback of {entrant.name}", failure)
                break
            if back is None:
                lost = True
                break
            taken.append(back)
        if taken:
            bench.findings.figures[f"comeback/{entrant.name}"] = median(taken) * 1000
        never = f"not within {bench.scale.patience:g} s" if lost else None
        rows.append([entrant.name, median(taken) * 1000 if taken else never])
    bench.findings.tables.append(
        Table(
            "After a dropped connection",
            "Milliseconds from the server's hang-up to the next tick in the handler: dial, login and "
            "subscription included. Clients that do not reconnect by themselves are left out.",
            ["client", "data again, ms"],
            rows,
        )
    )


def _rounds(
    bench: Bench, entrants: list[Entrant], name: str, run: Callable[[Entrant], Outcome]
) -> dict[str, list[Outcome]]:
    outcomes: defaultdict[str, list[Outcome]] = defaultdict(list)
    for _ in range(bench.scale.rounds):
        for entrant in entrants:
            label = f"{name}, {entrant.name}"
            try:
                outcomes[entrant.name].append(bench.check(label, run(entrant)))
            except Failed as failure:
                bench.failed(label, failure)
    return {entrant: found for entrant, found in outcomes.items() if found}
