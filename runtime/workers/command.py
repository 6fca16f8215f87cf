"""How a worker process is started: by which program, with which arguments, in which environment."""

import contextlib
import json
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from actors.errors import WorkerDied
from runtime.logs.scrubber import secrets_in

PATH_VARIABLE: Final = "TELLWIRE_WORKER_PATH"
"""Carries ``sys.path`` to a worker, which takes it out of its environment. A process that still has it was
started as a worker and runs another program instead."""

WORKER_OPTION: Final = "--tellwire-worker"
"""The first argument of a frozen application that is started as a worker."""

ADVICE: Final = "or set pool.workers: 0, which needs no other process"

# The package is imported by its own folder: a folder called "runtime" that is first on the caller's path is
# not this package. All else is found where the caller finds it.
_BOOTSTRAP: Final = f"""\
import gc, json, os, sys
gc.disable()  # the worker enables it when all is loaded
packages, *path = json.loads(os.environ.pop("{PATH_VARIABLE}"))
sys.path[:] = [packages, *path]
import actors, runtime
sys.path[:] = path
from runtime.workers.main import main
sys.exit(main())
"""

_FLAGS: Final = {
    "ignore_environment": "-E",
    "no_user_site": "-s",
    "no_site": "-S",
    "dont_write_bytecode": "-B",
}


class _Entry(Struct):
    """Whether the main module of this process has called ``freeze_support``."""

    passed: bool = False


_entry = _Entry()


def freeze_support() -> None:
    """The entry of a frozen application (by PyInstaller, cx_Freeze and the like), which calls it before all
    else in its main module.

    Such an application is its own interpreter, so it is started again for each worker. In such a process
    this function runs the worker and does not return; elsewhere it has no effect.
    """
    _entry.passed = True
    if sys.argv[1:2] != [WORKER_OPTION]:
        return
    del sys.argv[1]
    os.environ.pop(PATH_VARIABLE, None)
    from runtime.workers.main import main  # noqa: PLC0415  # a worker's modules

    sys.exit(main())


def is_frozen() -> bool:
    """Whether ``sys.executable`` is an application and no Python interpreter."""
    return bool(getattr(sys, "frozen", False)) or "__compiled__" in globals()  # the latter by Nuitka


def command() -> list[str]:
    """The program of a worker and its first arguments.

    Raises ``WorkerDied`` with the reason and with advice if there is no program that would be a worker.
    """
    if PATH_VARIABLE in os.environ:
        raise WorkerDied(
            f"this process was itself started as a worker, but {sys.executable} runs this program instead:"
            " set sys.executable to a Python interpreter, or call runtime.freeze_support() first in the main"
            f" module of a frozen application, {ADVICE}"
        )
    if not sys.executable:
        raise WorkerDied(
            f"sys.executable is {sys.executable!r}: set it to the Python interpreter of the workers, {ADVICE}"
        )
    if not is_frozen():
        # -P: no folder of the caller's stands on the path while the interpreter starts
        return [sys.executable, *_flags(), "-P", "-c", _BOOTSTRAP]
    if not _entry.passed:
        raise WorkerDied(
            "a frozen application is its own interpreter, and would start itself again and again: call"
            f" runtime.freeze_support() first in its main module, {ADVICE}"
        )
    return [sys.executable, WORKER_OPTION]


def environment(variables: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
    """``variables`` without those that are a secret or contain one, and with this process's ``sys.path``. A
    short secret is within many texts by chance."""
    long = secrets_in([], secrets)
    kept = {
        name: text
        for name, text in variables.items()
        if text not in secrets and not any(secret in text for secret in long)
    }
    packages = str(Path(__file__).resolve().parents[2])
    kept[PATH_VARIABLE] = json.dumps([packages, *_absolute(sys.path)])
    return kept


def cannot_start(error: OSError) -> WorkerDied:
    """Why the system has not started ``sys.executable``, with advice."""
    return WorkerDied(
        f"sys.executable is {sys.executable}, which cannot be started ({error.strerror}): set it to the"
        f" Python interpreter of the workers, {ADVICE}"
    )


def never_served(name: str, end: str) -> WorkerDied:
    """Why ``name`` has ended (``end``) before it said anything, with advice."""
    return WorkerDied(
        f"{name} has ended before it served ({end}): sys.executable is {sys.executable}, which has to be a"
        f" Python interpreter that can import what this one can, {ADVICE}"
    )


def _absolute(path: Iterable[object]) -> Iterator[str]:
    """The entries of ``path`` that are folders or archives; the current folder may change later."""
    for entry in path:
        if isinstance(entry, str):
            with contextlib.suppress(FileNotFoundError):  # the current folder is gone
                yield str(Path(entry).absolute())


def _flags() -> list[str]:
    """The options of this interpreter that say what a process takes from its surroundings."""
    flags = [option for name, option in _FLAGS.items() if getattr(sys.flags, name)]
    return [*flags, "-X", "utf8"] if sys.flags.utf8_mode and not os.environ.get("PYTHONUTF8") else flags
