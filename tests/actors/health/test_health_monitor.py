"""The health monitor as an actor: what it makes of its policies' findings."""

from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from loguru import logger

from actors.health.health_monitor import HealthMonitor
from actors.health.stream_monitor import HealthSettings
from actors.health.tick_rate import StalenessBounds
from actors.messages import ClockReport, ConnectionReport, ConnectionUp, StreamPlaced, StreamStale
from actors.messages.lifecycle import Begin
from actors.messages.status import Describe, Described, HealthPart
from actors.messages.traffic import EventBatch, MoveStream, Resubscribe
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recording

pytestmark = pytest.mark.timeout(20)


class House:
    """A monitor between a router and a pool that write down what they are told."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.router, self.pool = Recording(name="router"), Recording(name="pool")
        assert self.router.seen() == self.pool.seen() == Begin()
        self.monitor: pykka.ActorRef[Any] = HealthMonitor.start(
            HealthSettings(StalenessBounds(5.0, 15.0), 6),
            1.0,
            router=self.router.ref,
            pool=self.pool.ref,
            clock=clock,
        )

    def hear(self, *messages: Any) -> None:
        """Tell the monitor, and return once it has heard."""
        for message in messages:
            self.monitor.ask(message, timeout=WAIT)

    def part(self) -> HealthPart:
        asker = Recording(name="asker")
        asker.seen()
        self.hear(Describe(7, asker.ref))
        described = asker.seen()
        assert isinstance(described, Described)
        assert isinstance(described.part, HealthPart)
        return described.part


@pytest.fixture
def house(clock: ManualClock) -> House:
    return House(clock)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


def report(delay: float | None) -> ConnectionReport:
    return ConnectionReport("c1", 1, "r", "ready", 0, 0, 0, 0, 0, None, {}, 0.0, delay)


def test_a_clock_that_was_set_is_told_of_and_logged_once(house: House, warnings: list[str]) -> None:
    house.hear(report(0.25), report(None))
    house.clock.advance(1.0)
    assert house.router.seen() == EventBatch("health monitor", [ClockReport(-0.25)])
    house.hear(*[report(3600.25)] * 6)
    house.clock.advance(1.0)
    assert house.router.seen() == EventBatch("health monitor", [ClockReport(-3600.25)])
    house.hear(*[report(3600.25)] * 6)
    house.clock.advance(1.0)
    house.hear(report(3600.25))
    assert house.part().clock_offset == -3600.25
    assert house.router.nothing_more()
    assert [line for line in warnings if "clock" in line] == [
        "the venue's clock and ours have moved by -3600.0 s\n"
    ]


def test_a_silent_stream_is_given_to_the_pool_to_subscribe_again_and_then_to_move(house: House) -> None:
    house.hear(ConnectionUp("c1", 1, "r"), ConnectionUp("c2", 1, "r"), StreamPlaced("A", 60, "c1", 1, 0.0))
    cures = []
    for expected in (Resubscribe("A"), MoveStream("A")):
        for _ in range(31):
            house.hear(report(None), ConnectionReport("c2", 1, "r", "ready", 0, 0, 0, 0, 0, None, {}, 0.0))
            house.clock.advance(1.0)
        assert house.pool.seen() == expected
        (stale,) = house.router.seen().items
        assert isinstance(stale, StreamStale)
        cures.append(stale.cure)
        figures = house.part().streams["A"]
        assert (figures.health, figures.cure, figures.rate) == ("stale", stale.cure, None)
    assert cures == ["resubscribe", "move"]
