"""The context of all cases: the venue, the entrants, the amount of load, and the findings."""

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
    line; the sizes of what grows; and ticks a second where they are paced.
    """

    rounds: int = 3
    seconds: float = 1.5
    asks: int = 500
    soak: float = 30.0
    idle: float = 10.0
    starts: int = 3
    patience: float = 35.0
    connections: tuple[int, ...] = (1, 4, 16, 64)
    assets: tuple[int, ...] = (1, 10, 50, 200)
    bystanders: tuple[int, ...] = (0, 9, 99)
    rates: tuple[float, ...] = (1000.0, 5000.0)


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
)


class Bench(Struct):
    """The context of all cases."""

    venue: BenchVenue
    entrants: list[Entrant]
    absent: list[Absent]
    scale: Scale
    findings: Findings

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
