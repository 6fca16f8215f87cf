"""What ends a run."""

import threading
import time

from runtime.cli.stop_reasons import StopReason, StopReasons


def never() -> None:
    raise AssertionError("it was not due")


def test_what_was_announced_first_ends_the_wait() -> None:
    endings = StopReasons()
    endings.announce(StopReason.READER_GONE)
    endings.announce(StopReason.FAILURE)
    assert endings.wait(threading.TIMEOUT_MAX, never, None) is StopReason.READER_GONE


def test_a_wait_ends_in_time_and_calls_meanwhile_what_is_due() -> None:
    called: list[float] = []
    until = time.monotonic() + 0.35
    ending = StopReasons().wait(0.1, lambda: called.append(time.monotonic()), until)
    assert ending is StopReason.DURATION
    assert until <= time.monotonic() < until + 0.2
    assert 2 <= len(called) <= 3


def test_calls_that_take_longer_than_their_interval_do_not_pile_up() -> None:
    called: list[float] = []

    def slow() -> None:
        called.append(time.monotonic())
        threading.Event().wait(0.15)

    StopReasons().wait(0.05, slow, time.monotonic() + 0.5)
    assert 2 <= len(called) <= 4


def test_a_failure_elsewhere_ends_the_wait() -> None:
    endings, failed = StopReasons(), threading.Event()
    endings.watch(failed.wait)
    threading.Timer(0.05, failed.set).start()
    assert endings.wait(threading.TIMEOUT_MAX, never, time.monotonic() + 5.0) is StopReason.FAILURE
