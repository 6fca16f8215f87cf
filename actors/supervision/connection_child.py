"""What a supervisor remembers of one connection."""

from actors.messages.events import ConnectionDown
from actors.messages.status import ChildStatus
from actors.supervision.children import Child, Plan
from actors.supervision.effects import Step
from actors.values import Region


class ConnectionChild(Child):
    """A connection: where it lives, and what its present life, or the last one, has come to.

    ``losses`` counts the lives that were ready and ended before they were stable, in a row.
    """

    def __init__(self, name: str, plan: Plan, host: str) -> None:
        super().__init__(name, plan)
        self.host = host
        self.region = min(plan.access.regions, key=lambda region: region.priority)
        self.began_at = 0.0
        self.was_ready = False
        self.round_trip: float | None = None
        self.losses = 0

    def start(self, region: Region, now: float) -> list[Step]:
        self.region, self.began_at, self.was_ready, self.round_trip = region, now, False, None
        return self.begins()

    def stable(self, epoch: int) -> bool:
        if stable := super().stable(epoch):
            self.losses = 0
        return stable

    def lost(self, reason: str) -> ConnectionDown:
        """The news of its end, where it cannot tell them itself."""
        return ConnectionDown(self.name, self.epoch, self.region.name, reason, self.was_ready)

    def status(self) -> ChildStatus:
        """As the status shows it."""
        return ChildStatus(
            name=self.name,
            worker=self.host,
            region=self.region.name,
            state=self.state.value,
            epoch=self.epoch,
            restarts=self.restarts,
            last_error=self.last_error,
        )
