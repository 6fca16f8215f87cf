"""Timers fire in time, once, and not after they were dropped."""

import asyncio

from runtime.practice.server.alarms import Alarms
from runtime.practice.server.clock import ExchangeClock

DEADLINE = 5.0


def test_a_timer_never_fires_before_its_time() -> None:
    async def scenario() -> None:
        clock = ExchangeClock()
        alarms = Alarms(clock)
        for _ in range(20):
            due, rang = clock.now() + 0.003, asyncio.Event()
            alarms.set("key", due, rang.set)
            await asyncio.wait_for(rang.wait(), DEADLINE)
            assert clock.now() >= due

    asyncio.run(scenario())


def test_an_overdue_timer_fires_at_once() -> None:
    async def scenario() -> None:
        clock = ExchangeClock()
        rang = asyncio.Event()
        Alarms(clock).set("key", clock.now() - 100, rang.set)
        await asyncio.wait_for(rang.wait(), DEADLINE)

    asyncio.run(scenario())


def test_a_key_has_one_timer_and_a_dropped_one_none() -> None:
    async def scenario() -> list[str]:
        clock = ExchangeClock()
        alarms = Alarms(clock)
        rang: list[str] = []
        done = asyncio.Event()
        for name in ("replaced", "kept"):
            alarms.set("key", clock.now() + 0.001, lambda name=name: rang.append(name))  # type: ignore[misc]
        alarms.set("dropped", clock.now() + 0.001, lambda: rang.append("dropped"))
        alarms.drop("dropped")
        alarms.drop("unknown")
        alarms.set("last", clock.now() + 0.01, done.set)
        await asyncio.wait_for(done.wait(), DEADLINE)
        alarms.set("cleared", clock.now(), lambda: rang.append("cleared"))
        alarms.clear()
        await asyncio.sleep(0)
        return rang

    assert asyncio.run(scenario()) == ["kept"]
