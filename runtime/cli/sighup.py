"""SIGHUP, by which an operator asks a program to read its configuration again."""

import signal
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
