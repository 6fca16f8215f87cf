"""More ticks than a handler can handle, and load that does not end."""

from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median
from labs.bench.processes import Failed
from labs.bench.roster import ONE_WORKER, with_options
from labs.bench.trial import Outcome, Trial

_TENTHS = 10


def pressure(bench: Bench) -> None:
    """A slow handler beside a fast one, on the same saturated ticks."""
    entrant = with_options(ONE_WORKER, slow=True)
    count = max(20_000, int(ONE_WORKER.speed * bench.scale.seconds * 2))
    try:
        outcome = bench.check("pressure", Trial(bench.venue, entrant).saturate(count, watched=True))
    except Failed as failure:
        bench.failed("pressure", failure)
        return
    slow = outcome.slow
    assert slow is not None
    rows: list[list[Cell]] = [
        ["fast", outcome.sent, outcome.received, outcome.missed, outcome.lost],
        [
            "slow",
            outcome.sent,
            slow["received"],
            slow["missed"],
            outcome.sent - slow["received"] - slow["missed"],
        ],
    ]
    bench.findings.figures["pressure/memory"] = _growth(outcome)
    bench.findings.figures["pressure/rate"] = outcome.rate
    bench.findings.tables.append(
        Table(
            "Back-pressure",
            "Two subscribers to the same saturated ticks; the slow one sleeps 10 ms once in 1000 ticks. Its "
            f"`Lagged` adds up to what it missed. The fast one takes {outcome.rate:,.0f} ticks/s meanwhile. "
            f"Memory of all processes, the run's last tenth against the second: {_growth(outcome):+.1%}.",
            ["handler", "sent", "handled", "missed (`Lagged`)", "lost"],
            rows,
        )
    )


def soak(bench: Bench) -> None:
    """Memory under saturated load that goes on."""
    count = max(20_000, int(ONE_WORKER.speed * bench.scale.soak))
    try:
        outcome = bench.check("soak", Trial(bench.venue, ONE_WORKER).saturate(count, watched=True))
    except Failed as failure:
        bench.failed("soak", failure)
        return
    grown = _growth(outcome)
    bench.findings.figures["soak/memory"] = grown
    bench.findings.figures["soak/seconds"] = outcome.seconds
    bench.findings.tables.append(
        Table(
            "Memory under load that goes on",
            "tellwire with 1 worker, saturated; the second tenth of the run against the last, all processes.",
            ["seconds", "ticks", "growth, %"],
            [[outcome.seconds, outcome.sent, grown * 100]],
        )
    )


def _growth(outcome: Outcome) -> float:
    memory = outcome.memory or [1]
    tenth = max(1, len(memory) // _TENTHS)
    start = memory[tenth : 2 * tenth] or memory[:1]
    return median(memory[-tenth:]) / median(start) - 1
