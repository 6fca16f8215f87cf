"""A program on a pseudo-terminal that controls it, as in a terminal's window, and our side of that."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 20.0
"""Seconds for anything to be shown."""

# The first process of a session that opens a terminal is controlled by it.
_CONTROLLED = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execvp(sys.argv[1], sys.argv[1:])"


class TerminalSession:
    """A context manager; at its end the program is killed. ``shown`` is all that it has written so far."""

    def __init__(
        self, command: Sequence[str | Path], *, size: tuple[int, int] = (80, 24), **variables: str
    ) -> None:
        self.shown = b""
        self._ours, self._theirs = os.openpty()
        self.resize(*size)
        environment = os.environ | {"POCKET_OPTION_SSID": "", "TERM": "xterm-256color"} | variables
        environment = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CONTROLLED, *map(str, command)],
            cwd=ROOT,
            env=environment,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    @property
    def modes(self) -> list[Any]:
        """What ``tcgetattr`` says of the terminal."""
        return termios.tcgetattr(self._theirs)

    @property
    def echoes(self) -> bool:
        return bool(self.modes[3] & termios.ECHO)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def read(self, text: str, *, since: int = 0) -> int:
        """Wait until ``text`` is shown after the first ``since`` bytes; returns how many there are then."""
        end = time.monotonic() + LIMIT
        while text.encode() not in self.shown[since:]:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} is not in {self.shown[since:][-3000:]!r}"
            self._take(left)
        return len(self.shown)

    def wait(self) -> int:
        """The exit code; everything is read meanwhile."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None:
            assert time.monotonic() < end, self.shown[-3000:]
            self._take(0.05)
        while self._take(0.0):
            continue
        return self.process.returncode

    def _take(self, patience: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], patience)
        if ready:
            self.shown += os.read(self._ours, 65536)
        return bool(ready)
