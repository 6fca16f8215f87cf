import queue
import threading

from actors.errors import DialFailed
from actors.transport.base import Transport
from actors.transport.dialer import dial_in_background

WAIT = 5.0


def test_a_dial_runs_in_a_daemon_thread_of_its_name() -> None:
    results: queue.SimpleQueue[Transport | DialFailed] = queue.SimpleQueue()
    threads: list[threading.Thread] = []

    def dial() -> Transport:
        threads.append(threading.current_thread())
        raise DialFailed("connection refused")

    dial_in_background("dial connection-1", dial, results.put)
    results.get(timeout=WAIT)
    assert [(thread.name, thread.daemon) for thread in threads] == [("dial connection-1", True)]


def test_a_failed_dial_is_handed_over_and_not_raised() -> None:
    results: queue.SimpleQueue[Transport | DialFailed] = queue.SimpleQueue()
    failure = DialFailed("connection refused")

    def dial() -> Transport:
        raise failure

    dial_in_background("dial", dial, results.put)
    assert results.get(timeout=WAIT) is failure


def test_a_caller_is_not_held_up_by_a_dial_that_blocks() -> None:
    results: queue.SimpleQueue[Transport | DialFailed] = queue.SimpleQueue()
    go_on = threading.Event()

    def dial() -> Transport:
        assert go_on.wait(WAIT)
        raise DialFailed("too late")

    dial_in_background("dial", dial, results.put)
    assert results.empty()
    go_on.set()
    assert str(results.get(timeout=WAIT)) == "too late"
