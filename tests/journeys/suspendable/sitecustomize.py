"""Makes a Python process one of a machine that a test can suspend: ``time.monotonic`` stands still meanwhile.

Imported at the start of each process that has this folder in PYTHONPATH. The file of
``TELLWIRE_TEST_SUSPENDED`` holds the seconds of all suspends so far, one float.
"""

import mmap
import os
import struct
import time

_DOUBLE = struct.Struct("d")


def _stand_still(path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123  # before the start of a process that needs no pathlib
        suspended = mmap.mmap(file.fileno(), _DOUBLE.size, access=mmap.ACCESS_READ)
    monotonic = time.monotonic
    time.monotonic = lambda: monotonic() - _DOUBLE.unpack_from(suspended)[0]


_stand_still(os.environ["TELLWIRE_TEST_SUSPENDED"])
