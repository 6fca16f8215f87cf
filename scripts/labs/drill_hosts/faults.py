"""The faults of hosts, of their lines and of the engine."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from actors.tenancy.tenancy import LeaseTimes
from labs.drill_hosts.host import HostProcess
from tests.doubles.engine_group import EngineGroup
from tests.doubles.engine_server import EngineServer

SLOW: Final = (0.02, 0.12)
"""Seconds by which each way to a slow engine and back takes longer."""

POLITE: Final = "host stopped politely"
TWO: Final = "two at once"
ENGINE: Final = ""
"""In place of the name of a host."""


@dataclass
class Fault:
    """``end`` is to be called ``seconds`` after ``begin``. The account comes back while it lasts, unless
    it ``blocks``. With ``moves`` it is another host than ``host`` that has it then."""

    name: str = field(init=False)
    host: str
    begin: Callable[[], object]
    end: Callable[[], object] = lambda: None
    seconds: float = 0.0
    blocks: bool = False
    moves: bool = False


class Mischief:
    """Makes faults, by chance."""

    def __init__(
        self,
        random: Random,
        hosts: dict[str, HostProcess],
        engine: EngineServer | EngineGroup,
        times: LeaseTimes,
    ) -> None:
        self._random = random
        self._hosts = hosts
        self._engine = engine
        self._lease = times.lease

    def fault(self, name: str, owner: str) -> Fault:
        """The fault ``name`` of the host ``owner``, or of the engine."""
        fault = (FAULTS | FAILOVERS)[name](self, self._hosts[owner])
        fault.name = name
        return fault

    def killed(self, host: HostProcess) -> Fault:
        return Fault(host.name, host.kill, moves=True)

    def terminated(self, host: HostProcess) -> Fault:
        return Fault(host.name, host.terminate, moves=True)

    def frozen(self, host: HostProcess) -> Fault:
        return Fault(
            host.name,
            lambda: host.signal(signal.SIGSTOP),
            lambda: host.signal(signal.SIGCONT),
            self._longer_than_the_lease(),
            moves=True,
        )

    def cut_off_from_the_engine(self, host: HostProcess) -> Fault:
        return Fault(
            host.name,
            host.engine.hold,
            host.engine.release,  # what it has said meanwhile arrives now
            self._longer_than_the_lease(),
            moves=True,
        )

    def cut_off_from_the_venue(self, host: HostProcess) -> Fault:
        def heal() -> None:
            host.venue.reset()  # the venue has given up the connections of before
            host.venue.release()

        seconds = self._random.uniform(0.5, 2 * self._lease)
        return Fault(host.name, host.venue.hold, heal, seconds, blocks=True)

    def killed_engine(self, _: HostProcess) -> Fault:
        server, seconds = self._server(), self._random.uniform(0.2, 2 * self._lease)
        return Fault(ENGINE, server.kill, server.start, seconds, blocks=self._is_one)

    def frozen_engine(self, _: HostProcess) -> Fault:
        server, seconds = self._server(), self._random.uniform(0.2, 2 * self._lease)
        return Fault(ENGINE, server.stop, server.thaw, seconds, blocks=self._is_one)

    def failed_over(self, _: HostProcess) -> Fault:
        assert isinstance(self._engine, EngineGroup)
        return Fault(ENGINE, self._engine.fail_over)

    @property
    def _is_one(self) -> bool:
        """Whether no other server of the engine goes on."""
        return not isinstance(self._engine, EngineGroup)

    def _server(self) -> EngineServer:
        """That which hosts have at the moment."""
        return self._engine.primary if isinstance(self._engine, EngineGroup) else self._engine

    def slow_engine(self, _: HostProcess) -> Fault:
        lag = self._random.uniform(*SLOW)

        def delay(seconds: float) -> None:
            for host in self._hosts.values():
                host.engine.delay(seconds)

        seconds = self._random.uniform(1.0, 2 * self._lease)
        return Fault(ENGINE, lambda: delay(lag), lambda: delay(0.0), seconds)

    def _longer_than_the_lease(self) -> float:
        return self._lease + self._random.uniform(0.2, 2.0)


FAULTS: Final[dict[str, Callable[[Mischief, HostProcess], Fault]]] = {
    "host killed": Mischief.killed,
    POLITE: Mischief.terminated,
    "host frozen": Mischief.frozen,
    "cut off from the engine": Mischief.cut_off_from_the_engine,
    "cut off from the venue": Mischief.cut_off_from_the_venue,
    "engine killed": Mischief.killed_engine,
    "engine frozen": Mischief.frozen_engine,
    "engine slow": Mischief.slow_engine,
}

FAILOVERS: Final[dict[str, Callable[[Mischief, HostProcess], Fault]]] = {
    "host killed": Mischief.killed,
    POLITE: Mischief.terminated,
    "host frozen": Mischief.frozen,
    "cut off from the venue": Mischief.cut_off_from_the_venue,
    "primary killed": Mischief.killed_engine,
    "primary frozen": Mischief.frozen_engine,
    "primary replaced": Mischief.failed_over,
}
"""With an engine of three servers. What happens on a line to the engine is not among them: sentinels name the
servers themselves, and no relays."""
