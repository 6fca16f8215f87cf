"""Ctrl-C before a command is loaded. The import of this module guards the start and loads next to nothing."""

import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 130


def end_quietly(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # as a handler is called
    """Ends the process at once: nothing is open yet."""
    os._exit(_INTERRUPTED)


def hand_over() -> None:
    """The command handles Ctrl-C from now on."""
    if signal.getsignal(signal.SIGINT) is end_quietly:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if sys.argv[:1] == ["-m"]:  # `python -m runtime.COMMAND` looks for the command; so never in a user's program
    signal.signal(signal.SIGINT, end_quietly)
