"""The keys of a terminal, read in a thread of their own."""

import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from loguru import logger

from runtime.cli.output.terminal_modes import reads_keys

_NAMES: Final = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1b[5~": "pageup",
    "\x1b[6~": "pagedown",
    "\x1b[H": "home",
    "\x1b[1~": "home",
    "\x1bOH": "home",
    "\x1b": "escape",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\b": "backspace",
    "\x0c": "redraw",
}
_WINDOWS: Final = {"H": "up", "P": "down", "I": "pageup", "Q": "pagedown", "G": "home"}
"""The second character of a key that has two there."""

_PATIENCE: Final = 0.2
"""Seconds between two looks whether the terminal is ours again, and of a look on Windows."""


def keys(text: str) -> list[str]:
    """The keys of what a terminal sent at once; those that are not known are left out."""
    found = []
    while text:
        known = max((each for each in _NAMES if text.startswith(each)), key=len, default="")
        if known == "\x1b" and text[1:2] in {"[", "O"}:
            text = text[_end_of_sequence(text) :]
            continue
        if known:
            found.append(_NAMES[known])
        elif text[0].isprintable():
            found.append(text[0])
        text = text[len(known) or 1 :]
    return found


class Keyboard:
    """Calls ``on_key`` for each key, until ``stop``; ``is_ours`` says whether the terminal may be read."""

    def __init__(self, on_key: Callable[[str], Any], is_ours: Callable[[], bool]) -> None:
        self._on_key = on_key
        self._is_ours = is_ours
        self._wake = os.pipe()
        self._stops = threading.Event()
        read = self._read_windows if sys.platform == "win32" else self._read
        self._thread = threading.Thread(target=read, name="keyboard", daemon=True)

    def start(self) -> bool:
        """Whether there are keys: standard input is a terminal."""
        if not reads_keys():
            return False
        self._thread.start()
        return True

    def stop(self) -> None:
        """Returns without waiting for a key that is worked on."""
        self._stops.set()
        os.write(self._wake[1], b"x")
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(1.0)
        if not self._thread.is_alive():
            for end in self._wake:
                os.close(end)

    def _read(self) -> None:
        terminal = sys.stdin.fileno()
        while not self._stops.is_set():
            if not self._is_ours():  # to read would stop the whole process
                self._stops.wait(_PATIENCE)
                continue
            ready, _, _ = select.select([terminal, self._wake[0]], [], [])
            if terminal not in ready or not self._is_ours():
                continue
            try:
                data = os.read(terminal, 1024)
            except OSError:  # it was closed
                return
            if not data:
                return
            self._press(data.decode(errors="ignore"))

    def _read_windows(self) -> None:
        import msvcrt  # noqa: PLC0415  # only there

        console: Any = msvcrt
        while not self._stops.is_set():
            if not console.kbhit():
                self._stops.wait(_PATIENCE / 4)
                continue
            character = console.getwch()
            if character in {"\x00", "\xe0"}:
                self._call(_WINDOWS.get(console.getwch(), ""))
            else:
                self._press(character)

    def _press(self, text: str) -> None:
        for key in keys(text):
            self._call(key)

    def _call(self, key: str) -> None:
        try:
            self._on_key(key)
        except Exception as error:  # noqa: BLE001  # the picture and the run go on
            logger.opt(exception=error).error(
                "the key {!r} could not be served: report this with the log", key
            )


def _end_of_sequence(text: str) -> int:
    """Where an escape sequence ends (ECMA-48, 5.4): after its first final byte."""
    for place, character in enumerate(text[2:], 2):
        if "@" <= character <= "~":
            return place + 1
    return len(text)
