"""The clock of the actors: it does not step, and it goes on while the machine is suspended."""

import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path

Clock = Callable[[], float]


def _choose() -> Clock:
    """``time.monotonic`` stands still in a suspend on Linux (CLOCK_MONOTONIC) and macOS (mach_absolute_time),
    but not on Windows. Where a system has no better clock, it remains."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux
        return functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return functools.partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return time.monotonic


elapsed = _choose()
"""Seconds since some moment in the past, the same one in all processes of the machine. So a deadline that an
actor sets can be checked in another process, and passes in a suspend."""

counts_suspends = None if elapsed is time.monotonic else elapsed
"""The same clock; ``None`` where it may stand still in a suspend, or is ``time.monotonic`` itself."""


def this_boot() -> str:
    """Names the time since the machine started: while it is the same, so is the beginning of ``elapsed``.
    ``""`` where that cannot be told.

    A time namespace (Linux) moves that beginning, so it is part of the name.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/time")
        return f"{boot}/{namespace.stat().st_ino if namespace.exists() else 0}"
    except (OSError, ValueError):
        return ""
