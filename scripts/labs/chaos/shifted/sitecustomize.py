"""Puts a Python process on a machine of its own, with clocks that a chaos run sets: ``labs.chaos.clocks``.

Imported at the start of each process that has this folder in PYTHONPATH.
"""

import mmap
import os
import struct
import time


def _shift(path: str) -> None:
    dials = struct.Struct("4d q")
    with open(path, "rb") as file:  # noqa: PTH123  # before the start of a process that needs no pathlib
        shared = mmap.mmap(file.fileno(), dials.size, access=mmap.ACCESS_READ)
    monotonic, wall = time.monotonic, time.time

    def shifted_monotonic() -> float:
        suspended: float = dials.unpack_from(shared)[0]
        return monotonic() - suspended

    def shifted_wall() -> float:
        _, ahead, drift, since, _ = dials.unpack_from(shared)
        now = wall()
        return float(now + ahead + drift * (now - since))

    time.monotonic, time.time = shifted_monotonic, shifted_wall


_shift(os.environ["TELLWIRE_CHAOS_CLOCKS"])
