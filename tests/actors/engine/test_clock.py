"""The clock of the actors goes on while the machine is suspended."""

import subprocess
import sys
import time

import pytest

from actors.engine.actor import RuntimeActor
from actors.engine.clock import elapsed
from actors.engine.dispatcher import Dispatcher


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="another clock is used here")
def test_it_is_the_clock_that_counts_a_suspend() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    now = elapsed()
    assert before <= now <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_all_processes_of_the_machine_have_the_same_one() -> None:
    before = elapsed()
    program = "from actors.engine.clock import elapsed; print(repr(elapsed()))"
    there = float(subprocess.check_output([sys.executable, "-c", program]))
    assert before <= there <= elapsed()


def test_dispatchers_and_actors_go_by_it() -> None:
    assert Dispatcher().clock is elapsed
    assert RuntimeActor("actor").now is elapsed
