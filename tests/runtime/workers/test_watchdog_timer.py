"""The timer by which the kernel ends a worker that no longer serves."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(60),
]

DEADLINE = 20.0
PROCESSES = 60

WRITERS = """
import math, os, signal, sys, time
from actors.engine.clock import elapsed
from runtime.workers.watchdog_timer import WatchdogTimer

timeout, count, ends = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "ends"
children = []
for _ in range(count):
    pid = os.fork()
    if not pid:
        watchdog = WatchdogTimer(math.inf if ends else timeout)
        while True:
            if ends:
                watchdog.ends_at = elapsed() + timeout
            watchdog.rearm()
            os.write(1, b"%d\\n" % os.getpid())
            time.sleep(0.02)
    children.append(pid)
for child in children:
    _, status = os.waitpid(child, 0)
    os.write(2, b"%d %d\\n" % (child, os.waitstatus_to_exitcode(status)))
"""


def alarm_waits_for(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in status if line.startswith("ShdPnd:")]
    return bool(int(line.split()[1], 16) >> (signal.SIGALRM - 1) & 1)


def until_all_write(output: int, count: int) -> set[int]:
    """The pids of all writers, once each has written."""
    seen = b""
    while len(pids := {int(line) for line in seen.split(b"\n")[:-1]}) < count:
        seen += os.read(output, 65536)
    return pids


@pytest.mark.parametrize("limit", ["timeout", "ends"])
def test_of_stopped_processes_whose_timer_has_expired_none_writes_when_it_is_continued(limit: str) -> None:
    """Whether it is that of the last heartbeat, or that of the end of a lease."""
    command = [sys.executable, "-c", WRITERS, "2", str(PROCESSES), limit]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        output = parent.stdout.fileno()
        pids = until_all_write(output, PROCESSES)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + DEADLINE
        while not all(alarm_waits_for(pid) for pid in pids):
            assert time.monotonic() < end
            time.sleep(0.02)
        os.set_blocking(output, False)
        while True:
            try:
                os.read(output, 65536)  # what they wrote before they were stopped
            except BlockingIOError:
                break
        os.set_blocking(output, True)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        written, ends = parent.communicate(timeout=DEADLINE)
    assert written == b""
    assert Counter(line.split()[1] for line in ends.splitlines()) == {b"-14": PROCESSES}
