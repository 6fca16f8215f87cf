"""Waiting for what nothing reports."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], within: float = 20.0) -> None:
    """``within`` is in seconds: a loaded machine takes its time."""
    due = time.monotonic() + within
    while not holds():
        assert time.monotonic() < due
        time.sleep(0.01)
