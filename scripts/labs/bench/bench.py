"""The context of all cases: the venue, the entrants, the amount of load, and the findings."""

from pathlib import Path

from msgspec import Struct

from labs.bench.findings import Findings
from labs.bench.processes import Failed
from labs.bench.roster import Absent, Entrant
from labs.bench.trial import Outcome
from labs.bench.venue import BenchVenue


class Scale(Struct, frozen=True):
    """The amount of load of each case.

    ``rounds``, of which the median counts, each with about ``seconds`` of load; ``asks`` of each kind;
    seconds to ``soak``, to be ``idle``, and of ``patience`` until a client is back; ``starts`` of the command
    line; the sizes of what grows; ticks a second where they are paced; and, in the users' cases, numbers of
    connections (``pools``), ticks a second and numbers of attached ``programs``.
    """

    rounds: int = 5
    seconds: float = 1.5
    asks: int = 500
    soak: float = 30.0
    idle: float = 10.0
    starts: int = 3
    patience: float = 35.0
    connections: tuple[int, ...] = (1, 8, 64)
    assets: tuple[int, ...] = (1, 10, 200)
    bystanders: tuple[int, ...] = (0, 9, 99)
    rates: tuple[float, ...] = (1000.0, 5000.0)
    pools: tuple[int, ...] = (1, 10, 50)
    user_rates: tuple[float, ...] = (100.0, 1000.0, 5000.0)
    programs: tuple[int, ...] = (1, 4, 10)


QUICK = Scale(
    rounds=1,
    seconds=0.05,
    asks=20,
    soak=0.2,
    idle=0.5,
    starts=1,
    patience=5.0,
    connections=(1, 4),
    assets=(1, 10),
    bystanders=(0, 9),
    rates=(1000.0,),
    pools=(2,),
    user_rates=(1000.0,),
    programs=(1,),
)


class Bench(Struct):
    """The context of all cases."""

    venue: BenchVenue
    entrants: list[Entrant]
    absent: list[Absent]
    scale: Scale
    findings: Findings
    before: Path | None = None
    """A checkout of an earlier version, to compare asks and starts with."""

    def check(self, name: str, outcome: Outcome) -> Outcome:
        """Record a problem unless every tick is accounted for."""
        if not outcome.sound:
            self.findings.problems.append(
                f"{name}: {outcome.sent} sent, {outcome.received} received, {outcome.missed} given way, "
                f"{outcome.disordered} out of order"
            )
        return outcome

    def failed(self, name: str, failure: Failed) -> None:
        self.findings.problems.append(f"{name}: {failure}")
