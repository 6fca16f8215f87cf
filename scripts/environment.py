"""The virtual environments of the commands in this folder: created once, kept up to date.

Runs on Python 3.6 too, to say that it is too old.
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

OLDEST = (3, 11)


def prepare(default: str, extra: str = "") -> str:
    """The Python of an environment in which the project is installed with the dependencies of ``extra``.

    The environment is the folder ``default`` of the project, or the one that TELLWIRE_VENV names. If there
    can be none, ends the program with the reason.
    """
    if sys.version_info < OLDEST:
        sys.exit("tellwire needs Python {}.{} or newer; this is {}.{}".format(*OLDEST, *sys.version_info))
    folder = Path(os.environ.get("TELLWIRE_VENV") or PROJECT / default).absolute()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "tellwire-installed"
    wanted = _digest(extra)
    if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
        print(f"preparing {folder}", file=sys.stderr, flush=True)
        if not python.exists():
            _call(folder, sys.executable, "-m", "venv", str(folder))
        install = ["install", "-qq", "--disable-pip-version-check", "--use-pep517", "--editable"]
        _call(folder, str(python), "-m", "pip", *install, f"{PROJECT}[{extra}]" if extra else str(PROJECT))
        stamp.write_text(wanted)
    return str(python)


def launch(module: str, *arguments: str, default: str = ".venv-test", extra: str = "test") -> int:
    """The exit code of ``python -m module``, run in the environment ``default`` with ``extra``."""
    python = prepare(default, extra)
    paths = os.pathsep.join([str(PROJECT / "scripts"), str(PROJECT)])
    # -P: a folder called "runtime" in the working directory is not the package
    command = [python, "-P", "-m", module, *arguments]
    return subprocess.call(command, env=dict(os.environ, PYTHONPATH=paths))


def become(*command: str) -> int:
    """Replace this program by ``command``; where the system cannot, return the exit code of ``command``."""
    if os.name == "posix":
        os.execv(command[0], command)  # so that signals reach it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command too, which decides when to end
    return subprocess.call(command)


def _digest(extra: str) -> str:
    """Differs if the project must be installed again: after a change of its requirements or its place."""
    parts = [extra.encode(), os.fsencode(PROJECT), (PROJECT / "setup.cfg").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _call(folder: Path, *command: str) -> None:
    # Standard output belongs to the program that runs in the environment.
    if subprocess.call(command, stdout=sys.stderr):
        sys.exit(f"{folder} could not be prepared; if it is damaged, remove it and try again")
