"""What a worker process writes to standard error."""

import contextlib
import os
import sys
import threading
from typing import IO

KEPT = 4096
"""Bytes at the end that are kept: the last line of a traceback is in them."""

LONGEST = 300
"""Characters of the last line."""

LAST_WORDS_TIMEOUT = 0.25
"""Seconds for which the last words of a process that has ended are waited for; a process of its own may still
have the pipe open."""

_OURS = 2


class StandardError:
    """Passes on what comes out of ``pipe`` to this process's standard error, in a thread; keeps its end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._end = b""
        self._thread = threading.Thread(target=self._run, name="standard error of a worker", daemon=True)
        self._thread.start()

    def last_line(self) -> str:
        """The last line that is not blank, ``""`` if there is none; for a process that has ended."""
        self._thread.join(LAST_WORDS_TIMEOUT)
        lines = [line for line in self._end.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].strip()[-LONGEST:] if lines else ""

    def _run(self) -> None:
        with self._pipe:
            while data := os.read(self._pipe.fileno(), KEPT):
                self._end = (self._end + data)[-KEPT:]
                if sys.__stderr__ is not None:  # else the descriptor may be another file's
                    with contextlib.suppress(OSError):  # nothing may read it: the process must not wait
                        _put(data)


def _put(data: bytes) -> None:
    while data:
        data = data[os.write(_OURS, data) :]
