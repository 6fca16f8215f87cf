"""The clocks of the machine under test: apart from the exchange's, drifting, stepping, standing still."""

import os
import struct
import time
from pathlib import Path
from random import Random

SHIFTED = Path(__file__).with_name("shifted")
"""In the PYTHONPATH of a process, this folder puts it on the machine."""

APART = (1.0, 30.0, 600.0, 7200.0, 86_400.0)
"""Seconds that the wall clock may be ahead or behind."""

FASTEST_DRIFT = 0.01
"""Seconds a second: a hundred times worse than a bad quartz, so that a short run shows it."""

_DIALS = struct.Struct("4d q")


class Clocks:
    """A file that the processes of the machine read; it is written as a whole.

    The wall clock shows the true time plus ``ahead``, and goes ``drift`` seconds a second too fast. The
    monotonic clock has stood still for ``suspended`` seconds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suspended = self.ahead = self.drift = 0.0
        self._frozen = 0
        self._since = time.time()
        self._write()

    def set_apart(self, random: Random) -> None:
        """Set the wall clock to another time, up to a day away."""
        self._set(random.choice(APART) * random.choice((-1, 1)), self.drift)

    def let_drift(self, random: Random) -> None:
        """From now on the wall clock is too fast or too slow, going on from what it shows."""
        now = time.time()
        shown = self.ahead + self.drift * (now - self._since)
        self._set(shown, random.uniform(-FASTEST_DRIFT, FASTEST_DRIFT))

    def stand_still(self, seconds: float) -> None:
        """The monotonic clock has stood still for ``seconds`` more."""
        self.suspended += seconds
        self._write()

    def freeze(self, pid: int) -> None:
        """No SIGKILL of the machine reaches the process ``pid``; 0: every process can be killed."""
        self._frozen = pid
        self._write()

    def _set(self, ahead: float, drift: float) -> None:
        self.ahead, self.drift, self._since = ahead, drift, time.time()
        self._write()

    def _write(self) -> None:
        data = _DIALS.pack(self.suspended, self.ahead, self.drift, self._since, self._frozen)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, data, 0)  # in place: the readers have the file mapped
        finally:
            os.close(descriptor)


def frozen_worker(path: Path) -> int:
    """The process that no SIGKILL reaches, 0 for none."""
    return int(_DIALS.unpack(path.read_bytes())[-1])
