"""SIGHUP, by which an operator asks a program to read its configuration again."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

NUMBER: Final = getattr(signal, "SIGHUP", None)
"""``None`` on Windows."""


@contextmanager
def on_hangup(act: Callable[[], object]) -> Iterator[None]:
    """Call ``act``, which must return at once, on every SIGHUP. Only for the main thread."""
    if NUMBER is None:
        yield
        return
    previous = signal.signal(NUMBER, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(NUMBER, previous)


@contextmanager
def no_hangup() -> Iterator[None]:
    """Let SIGHUP pass while a command loads: it ends a process that does not handle it, and what it would
    have read again is still to be read."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with on_hangup(lambda: None):
        yield
