"""The modes of the terminal that a live picture needs, and the way back to those it had."""

import contextlib
import os
import sys
from typing import Any, Final

ENTER: Final = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
"""The alternate screen, empty; no cursor; nothing wraps."""

LEAVE: Final = b"\x1b[?2026l\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"


class TerminalModes:
    """Takes and gives back the terminal. ``give_back`` may be called in a handler of a signal."""

    def __init__(self) -> None:
        self._out = sys.stdout.fileno()
        self._in = sys.stdin.fileno() if reads_keys() else None
        self._before: list[Any] | None = None
        self.taken = False

    def take(self) -> None:
        """Show the alternate screen; keys come at once and are not shown. Raises ``OSError``."""
        if self._in is not None and sys.platform != "win32":
            import termios  # noqa: PLC0415  # not there on Windows

            try:
                ours = termios.tcgetattr(self._in)
            except termios.error as error:  # it was closed
                raise OSError(*error.args) from error
            self._before = self._before or termios.tcgetattr(self._in)
            ours[3] &= ~(termios.ICANON | termios.ECHO)  # Ctrl-C and Ctrl-Z stay signals
            ours[6][termios.VMIN], ours[6][termios.VTIME] = 1, 0
            _set_attributes(self._in, ours)
        self.taken = True
        os.write(self._out, ENTER)

    def give_back(self) -> None:
        """Idempotent; raises ``OSError``."""
        if not self.taken:
            return
        self.taken = False
        if self._in is not None and self._before is not None and sys.platform != "win32":
            import termios  # noqa: PLC0415

            _set_attributes(self._in, self._before)
            with contextlib.suppress(termios.error):
                termios.tcflush(self._in, termios.TCIFLUSH)  # keys for us are no command for the shell
        os.write(self._out, LEAVE)

    def in_foreground(self) -> bool:
        """Whether the terminal is ours: a job in the background neither draws nor reads keys."""
        if sys.platform == "win32":
            return True
        try:
            return os.tcgetpgrp(self._out) == os.getpgrp()
        except OSError:  # the terminal does not control us, as under some launchers; then no other draws
            return True


def reads_keys() -> bool:
    """Whether standard input is a terminal."""
    try:
        return sys.stdin.isatty()
    except ValueError:  # it was closed
        return False


def _set_attributes(descriptor: int, attributes: list[Any]) -> None:
    import signal  # noqa: PLC0415
    import termios  # noqa: PLC0415

    # From the background this would stop the process, which may be about to end.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    except termios.error as error:
        raise OSError(*error.args) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
