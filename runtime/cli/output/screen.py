"""A terminal that shows one picture after another in place: only lines that differ are written."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment

from runtime.cli.output.cells import Picture, Strip, pad
from runtime.cli.output.colours import legible
from runtime.cli.output.stdout import OnWriteFailed, discard, write_whole
from runtime.cli.output.streams import PLAIN
from runtime.cli.output.terminal_modes import TerminalModes

_BEGIN: Final = b"\x1b[?2026h"
_END: Final = b"\x1b[?2026l"
"""A terminal that knows these shows what is between them at once; others do not mind."""

_SUSPENDS: Final = getattr(signal, "SIGTSTP", None)
_CONTINUES: Final = getattr(signal, "SIGCONT", None)
_QUITS: Final = getattr(signal, "SIGQUIT", None)


class Screen:
    """Any thread may draw; ``open`` and ``close`` are for the main thread, where signals are handled.

    Ctrl-Z gives the terminal back before the process is suspended, and the picture is there again after
    ``fg``. When a write fails, ``on_write_failed`` is called and nothing more is written.
    """

    def __init__(self, on_write_failed: OnWriteFailed) -> None:
        console = Console()
        self._colours: ColorSystem | None = COLOR_SYSTEMS.get(console.color_system or "")
        self._no_colour = console.no_color
        self._on_write_failed = on_write_failed
        self._modes = TerminalModes()
        self._out = sys.stdout.fileno()
        self._encoding = sys.stdout.encoding or "utf-8"
        self._lock = threading.RLock()
        self._shown: list[str] = []
        self._size = (0, 0)
        self._open = self._failed = False
        self._before: dict[int, Any] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        try:
            width, height = os.get_terminal_size(self._out)
        except OSError:  # it was closed
            return (80, 24)
        return (width or 80, height or 24)  # a new pseudo-terminal may have neither

    @property
    def is_shown(self) -> bool:
        """Whether the terminal shows pictures now, and not what else is written on it."""
        return self._modes.taken

    def open(self) -> None:
        sys.stdout.flush()
        for number, handler in ((_SUSPENDS, self._suspend), (_CONTINUES, self._go_on), (_QUITS, self._quit)):
            if number is not None:
                self._before[number] = signal.signal(number, handler)
        self._open = True
        self._take()

    def close(self) -> None:
        """Give the terminal back; idempotent."""
        with self._locked():
            self._open = False
            self.give_back()
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)

    def give_back(self) -> None:
        """At once, whichever thread draws: for the last moment of a process."""
        with contextlib.suppress(OSError):  # it was closed: there is nothing to give back
            self._modes.give_back()

    def redraw(self) -> None:
        """Write the next picture as a whole."""
        with self._lock:
            self._shown = []

    def in_foreground(self) -> bool:
        """Whether the terminal is ours to draw on and to read from."""
        return self._modes.in_foreground()

    def draw(self, picture: Picture) -> None:
        """Show ``picture``, if the terminal is ours."""
        with self._lock:
            if not self._open or self._failed or not self._take():
                return
            if self.size != self._size:
                self._size, self._shown = self.size, []
            if data := self._difference(picture):
                self._write(_BEGIN + data + _END)

    def print(self, lines: list[Strip]) -> None:
        """Write ``lines`` where the cursor is; only while no picture is shown."""
        with self._lock:
            if not self._failed:
                self._write(self._encoded("".join(self._rendered(line) + "\n" for line in lines)))

    def _take(self) -> bool:
        """Whether the terminal is ours, which it may have become again by now."""
        if not self._modes.in_foreground():
            return False
        if not self._modes.taken:
            try:
                self._modes.take()
            except OSError as error:
                self._fail(error)
                return False
            self._shown = []
        return True

    def _difference(self, picture: Picture) -> bytes:
        """What has to be written for ``picture`` to be seen."""
        width, height = self._size
        lines = [self._rendered(pad(line, width)) for line in picture.lines[:height]]
        if len(lines) != len(self._shown):
            self._shown = []
        text = "".join(
            f"\x1b[{row};1H{line}"
            for row, line in enumerate(lines, 1)
            if not self._shown or line != self._shown[row - 1]
        )
        clear = "" if self._shown else "\x1b[m\x1b[2J"
        self._shown = lines
        return self._encoded(clear + text) if text else b""

    def _rendered(self, line: Strip) -> str:
        if (colours := self._colours) is None:
            return "".join(segment.text for segment in line)
        shown = Segment.remove_color(line) if self._no_colour else line
        return "".join(
            legible(each.style, colours).render(each.text, color_system=colours) if each.style else each.text
            for each in shown
        )

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._encoding, PLAIN)

    def _write(self, data: bytes) -> None:
        try:
            write_whole(self._out, data)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._failed = True
        discard()
        self._on_write_failed(error)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """For a moment that cannot wait long for a thread that draws on a halted terminal."""
        taken = self._lock.acquire(timeout=0.5)
        try:
            yield
        finally:
            if taken:
                self._lock.release()

    def _suspend(self, number: int, frame: FrameType | None) -> None:  # as it is called
        with self._locked():
            self.give_back()
        _by_default(number)
        signal.signal(number, self._suspend)
        self._go_on(number, None)

    def _go_on(self, number: int, frame: FrameType | None) -> None:
        with self._locked():
            self._modes.taken = False  # the program that had the terminal meanwhile has left it in any state
            self._shown = []

    def _quit(self, number: int, frame: FrameType | None) -> None:
        self.give_back()
        _by_default(number)


def _by_default(number: int) -> None:
    """Do what the system does at this signal, now."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
