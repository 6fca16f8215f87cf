"""All clients under the same load: saturated, and paced."""

from collections import defaultdict
from collections.abc import Callable
from itertools import chain

from msgspec import Struct

from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median, percentile
from labs.bench.processes import Failed
from labs.bench.roster import Entrant
from labs.bench.trial import Outcome, Trial, symbols

REFERENCE = "picows + orjson"
PERCENTILES = (50.0, 99.0, 99.9)
PACED_SECONDS = 2.5
HEADROOM = 4
"""A client whose limit is not so many times the pace is left out of a paced case: it would show its queue."""


class Setup(Struct, frozen=True):
    """What every client is given: ``assets`` in turn on each of its ``connections``. ``name`` is that of its
    figures, ``what`` describes it."""

    name: str
    what: str
    connections: int = 1
    assets: int = 1
    tls: bool = False

    def trial(self, bench: Bench, entrant: Entrant, *, timed: bool = False) -> Trial:
        return Trial(
            bench.venue,
            entrant,
            symbols(self.connections * self.assets),
            connections=self.connections,
            timed=timed,
            tls=self.tls,
        )

    def takes(self, entrant: Entrant) -> bool:
        able = (entrant.pools or self.connections == 1) and (entrant.trusts or not self.tls)
        return able and (not entrant.tls or self == PLAIN)


PLAIN = Setup("", "one connection without TLS, one asset")


def saturated(bench: Bench) -> None:
    """The easiest case: no TLS, one asset."""
    saturate_all(bench, PLAIN)
    bench.findings.tables[-1].rows.extend(
        [f"{each.name}: {each.reason}", *[None] * 6] for each in bench.absent
    )


def paced(bench: Bench) -> None:
    """The same, with one tick at a time."""
    for rate in bench.scale.rates:
        pace_all(bench, PLAIN, rate)


def saturate_all(bench: Bench, setup: Setup) -> None:
    """Every client gets the ticks that it handles in about the same time; their rounds are interleaved."""
    entrants = [each for each in bench.entrants if setup.takes(each)]
    prefix = f"{setup.name}saturated"
    outcomes = _rounds(bench, entrants, prefix, lambda entrant: _saturate(bench, setup, entrant))
    figures = bench.findings.figures
    for name, found in outcomes.items():
        figures[f"{prefix}/{name}/cpu"] = median([each.cpu_us for each in found])
        figures[f"{prefix}/{name}/rate"] = median([each.rate for each in found])
        figures[f"{prefix}/{name}/resident"] = max(each.resident[0] for each in found) / 1e6
        figures[f"{prefix}/{name}/own cpu"] = median(
            [each.cpu_seconds[0] / each.sent * 1e6 for each in found]
        )
        if len(found[0].resident) > 1:
            worker = max(chain.from_iterable(each.resident[1:] for each in found))
            figures[f"{prefix}/{name}/worker"] = worker / 1e6
    reference = figures.get(f"{prefix}/{REFERENCE}/cpu")
    rows: list[list[Cell]] = []
    for name, found in outcomes.items():
        cpu, rate = figures[f"{prefix}/{name}/cpu"], figures[f"{prefix}/{name}/rate"]
        memory = sum(found[-1].resident) / 1e6
        own = figures[f"{prefix}/{name}/own cpu"]
        rows.append([name, found[-1].sent, rate, cpu, own, reference and cpu / reference, memory])
    bench.findings.tables.append(
        Table(
            f"Saturated: {setup.what}",
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


def _saturate(bench: Bench, setup: Setup, entrant: Entrant) -> Outcome:
    return setup.trial(bench, entrant).saturate(max(500, int(entrant.speed * bench.scale.seconds)))


def pace_all(bench: Bench, setup: Setup, rate: float) -> None:
    """Latency from the server's stamp to the handler; each tick is one write, and one record of TLS."""
    entrants = [
        each
        for each in bench.entrants
        if each.speed >= HEADROOM * rate and not each.options.get("batch") and setup.takes(each)
    ]
    seconds = max(0.5, min(PACED_SECONDS, PACED_SECONDS * bench.scale.seconds))
    name = f"{setup.name}paced {rate:.0f}/s"
    outcomes = _rounds(
        bench, entrants, name, lambda entrant: setup.trial(bench, entrant, timed=True).pace(rate, seconds)
    )
    figures = bench.findings.figures
    for each, found in outcomes.items():
        rounds = [[(handled - sent) * 1e6 for sent, handled, _ in outcome.times] for outcome in found]
        for percent in PERCENTILES:
            late = median([percentile(taken, percent) for taken in rounds])
            figures[f"{name}/{each}/p{percent:g}"] = late
        figures[f"{name}/{each}/cpu"] = median([outcome.cpu_us for outcome in found])
    rows: list[list[Cell]] = []
    for each in outcomes:
        values = [figures[f"{name}/{each}/{figure}"] for figure in ("p50", "p99", "p99.9", "cpu")]
        ratios: list[Cell] = [None, None]
        if REFERENCE in outcomes:
            ratios = [
                figures[f"{name}/{each}/{it}"] / figures[f"{name}/{REFERENCE}/{it}"] for it in ("p50", "cpu")
            ]
        rows.append([each, *values, *ratios])
    bench.findings.tables.append(
        Table(
            f"Paced, {rate:,.0f} ticks a second: {setup.what}",
            "Microseconds from the moment the server stamps a tick to the moment the handler has it; the "
            f"ratios are to {REFERENCE}.",
            ["client", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/tick", "x p50", "x CPU"],
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
