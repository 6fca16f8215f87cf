"""What an account has sent, in the engine: the windows of its limits outlive its owner."""

from collections.abc import Callable, Sequence

from actors.errors import Halted
from actors.rates import Rate
from actors.tenancy.tenure import Tenure
from runtime.cluster.engine import Engine
from runtime.cluster.outcomes import EngineAway, Fenced


class ClusterSendLog:
    """Implements ``actors.outbound.send_log.SendLog`` for the owner of ``tenure``."""

    def __init__(self, engine: Engine, tenure: Tenure, rates: Callable[[], Sequence[Rate]]) -> None:
        """``rates`` gives the limits in force, from any thread."""
        self._engine = engine
        self._tenure = tenure
        self._rates = rates

    def __repr__(self) -> str:
        return f"<ClusterSendLog of {self._tenure!r}>"

    def ages(self) -> list[float]:
        try:
            return self._engine.sends(self._tenure.duty)
        except EngineAway as error:
            raise Halted(str(error)) from None

    def record(self, ages: Sequence[float]) -> bool:
        try:
            self._engine.record_sends(self._tenure.duty, self._tenure.epoch, self._rates(), ages)
        except (EngineAway, Fenced):  # of which the steward tells
            return False
        return True
