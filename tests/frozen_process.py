"""A process that stands still, as on a machine that hangs."""

import os
import signal
import time
from pathlib import Path
from typing import Final

LIMIT: Final = 20.0
"""Seconds that a busy machine may take."""


def freeze(pid: int) -> None:
    """Returns once each thread of the process stands still: only then has the signal taken effect. It goes on
    with ``SIGCONT``."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + LIMIT
    while any(state.rpartition(")")[2].split()[0] != "T" for state in _threads(pid)):
        assert time.monotonic() < end, f"process {pid} goes on"
        time.sleep(0.005)


def _threads(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():  # Linux has it
        return []
    return [(task / "stat").read_text() for task in tasks.iterdir()]
