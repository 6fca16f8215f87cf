"""The health monitor as an actor: the messages that its findings become."""

import time
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from loguru import logger

from actors.health.health_monitor import HealthMonitor
from actors.health.stream_monitor import HealthSettings
from actors.health.tick_rate import StalenessBounds
from actors.messages.events import ClockReport, ConnectionReport, ConnectionUp, StreamPlaced, StreamStale
from actors.messages.lifecycle import Begin
from actors.messages.outbound import MoveStream, Resubscribe
from actors.messages.status import Describe, Described, HealthPart
from actors.messages.traffic import EventBatch
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recording

pytestmark = pytest.mark.timeout(20)


class Monitor:
    """A health monitor between a router and a pool that record what they are told."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.wall_ahead = time.time() - clock()
        self.router, self.pool = Recording(name="router"), Recording(name="pool")
        assert self.router.seen() == self.pool.seen() == Begin()
        self._ref: pykka.ActorRef[Any] = HealthMonitor.start(
            HealthSettings(StalenessBounds(5.0, 15.0), 6),
            1.0,
            router=self.router.ref,
            pool=self.pool.ref,
            wall=lambda: clock() + self.wall_ahead,
            clock=clock,
        )

    def handle(self, *messages: Any) -> None:
        """Tell the monitor, and return once it has handled all messages."""
        for message in messages:
            self._ref.ask(message, timeout=WAIT)

    def status(self) -> HealthPart:
        asker = Recording(name="asker")
        asker.seen()
        self.handle(Describe(7, asker.ref))
        described = asker.seen()
        assert isinstance(described, Described)
        assert isinstance(described.part, HealthPart)
        return described.part


@pytest.fixture
def monitor(clock: ManualClock) -> Monitor:
    return Monitor(clock)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


def report(delay: float | None, connection: str = "c1") -> ConnectionReport:
    return ConnectionReport(connection, 1, "r", "ready", 0, 0, 0, 0, 0, None, {}, 0.0, delay)


def clock_report(offset: float) -> ClockReport:
    about: Any = pytest.approx(offset, abs=1e-6)
    return ClockReport(about)


def test_a_clock_that_was_set_is_published_and_logged_once(monitor: Monitor, warnings: list[str]) -> None:
    monitor.handle(report(0.25), report(None))
    monitor.clock.advance(1.0)
    assert monitor.router.seen() == EventBatch("health monitor", [clock_report(-0.25)])
    monitor.handle(*[report(3600.25)] * 6)
    monitor.clock.advance(1.0)
    assert monitor.router.seen() == EventBatch("health monitor", [clock_report(-3600.25)])
    monitor.handle(*[report(3600.25)] * 6)
    monitor.clock.advance(1.0)
    monitor.handle(report(3600.25))
    assert monitor.status().clock_offset == pytest.approx(-3600.25)
    assert monitor.router.nothing_more()
    assert [line for line in warnings if "clock" in line] == [
        "the venue's clock has moved against ours by -3600.0 s: look at the time of this machine\n"
    ]


@pytest.mark.parametrize("step", [-86_400.0, -30.0, 30.0, 7_200.0])
def test_a_wall_clock_that_was_set_is_published_at_the_next_check_whatever_was_measured_before(
    monitor: Monitor, step: float
) -> None:
    monitor.handle(report(0.25))
    monitor.clock.advance(1.0)
    assert monitor.router.seen() == EventBatch("health monitor", [clock_report(-0.25)])
    monitor.handle(report(0.25))
    monitor.wall_ahead += step
    monitor.clock.advance(1.0)
    assert monitor.router.seen() == EventBatch("health monitor", [clock_report(-0.25 - step)])


def test_a_report_from_before_the_wall_clock_was_set_is_not_the_first_measurement(monitor: Monitor) -> None:
    monitor.clock.advance(1.0)
    monitor.wall_ahead += 86_400.0
    monitor.handle(report(0.25))
    monitor.clock.advance(1.0)
    monitor.handle(report(0.25))
    assert monitor.status().clock_offset is None
    monitor.clock.advance(5.0)
    monitor.handle(report(86_400.25))
    monitor.clock.advance(1.0)
    assert monitor.router.seen() == EventBatch("health monitor", [clock_report(-86_400.25)])


def test_the_pool_is_told_to_subscribe_again_to_a_stale_stream_then_to_move_it(monitor: Monitor) -> None:
    monitor.handle(ConnectionUp("c1", 1, "r"), ConnectionUp("c2", 1, "r"))
    monitor.handle(StreamPlaced("A", 60, "c1", 1, 0.0))
    actions = []
    for expected in (Resubscribe("A"), MoveStream("A")):
        for _ in range(31):
            monitor.handle(report(None), report(None, "c2"))
            monitor.clock.advance(1.0)
        assert monitor.pool.seen() == expected
        (stale,) = monitor.router.seen().items
        assert isinstance(stale, StreamStale)
        actions.append(stale.cure)
        figures = monitor.status().streams["A"]
        assert (figures.health, figures.cure, figures.rate) == ("stale", stale.cure, None)
    assert actions == ["resubscribe", "move"]
