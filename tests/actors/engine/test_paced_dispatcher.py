"""Actors whose seconds pass faster than ours."""

import time
from queue import SimpleQueue
from typing import Any

import pytest

from actors.engine.actor import RuntimeActor
from actors.engine.paced_dispatcher import PacedDispatcher
from runtime.practice.server.pace import Pace


class Sleeper(RuntimeActor):
    """Says when its timer came, by its own clocks."""

    def __init__(self, slept: "SimpleQueue[tuple[float, float]]", **kwargs: Any) -> None:
        super().__init__("sleeper", **kwargs)
        self._slept = slept
        self._began = (0.0, 0.0)

    def on_receive(self, message: Any) -> None:
        if message == "sleep":
            self._began = (self.now(), self.utc())
            self.after(30.0, "wake")
        elif message == "wake":
            self._slept.put((self.now() - self._began[0], self.utc() - self._began[1]))


def test_a_timer_of_half_a_minute_comes_in_half_a_second_and_stamps_agree() -> None:
    slept: SimpleQueue[tuple[float, float]] = SimpleQueue()
    began = time.monotonic()
    sleeper = Sleeper.start(slept, dispatcher=PacedDispatcher(Pace(60)))
    sleeper.tell("sleep")
    by_clock, by_stamps = slept.get(timeout=20)
    assert time.monotonic() - began >= 0.45
    assert by_clock == pytest.approx(30, abs=5)
    assert by_stamps == pytest.approx(by_clock, abs=0.5)
    sleeper.stop()


def test_its_clock_is_released_with_its_end() -> None:
    pace = Pace(60)
    sleeper = Sleeper.start(SimpleQueue(), dispatcher=PacedDispatcher(pace))
    sleeper.stop()
    before, due = pace.seconds(), time.monotonic() + 20
    while pace.seconds() < before + 60:
        assert time.monotonic() < due
        time.sleep(0.01)
