"""The frame of a command: its streams are usable, Ctrl-C is quiet, and the exit code tells what got lost."""

import contextlib
import functools
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import ParamSpec

from runtime.cli.early import hand_over
from runtime.cli.exit_codes import ExitCode
from runtime.cli.output.streams import finish, prepare

P = ParamSpec("P")


def framed(main: Callable[P, int]) -> Callable[P, int]:
    """``main``, the function of a command, in its frame. It returns ``INTERRUPTED`` for a Ctrl-C that
    ``main`` does not handle, and ``UNWRITTEN`` in place of ``DONE`` if standard output has not taken
    everything."""

    @functools.wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        prepare()
        hand_over()
        try:
            code = main(*args, **kwargs)
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        except SystemExit as end:  # argparse has printed a help or a problem
            if finish() or end.code:
                raise
            raise SystemExit(ExitCode.UNWRITTEN) from None
        return code if finish() or code != ExitCode.DONE else ExitCode.UNWRITTEN

    return run


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """While modules are imported, Ctrl-C ends the process at once. A ``KeyboardInterrupt`` would get lost in
    an import now and then, with a traceback on standard error. The collector of garbage is off, and passes
    over what was imported from then on: it would take a tenth of the time, and finds nothing there."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with _ended_by_interrupt():
            yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


@contextlib.contextmanager
def _ended_by_interrupt() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, lambda *_: os._exit(ExitCode.INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
