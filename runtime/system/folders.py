"""Folders of the user and of the system, and what to set where there are none: a container's user may have no
home, and a read-only system no folder for temporary files."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final

from platformdirs import user_state_path

from actors.errors import ConfigInvalid, Halted
from runtime.config.types.paths import has_home, unnameable

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # only folders of mode 700 are created in it
"""Can be written to in most containers whose disk is read-only."""


def state_folder() -> Path:
    """The folder for the journals of this user. Raises ``Halted`` if there is none."""
    if has_home() or os.environ.get("XDG_STATE_HOME"):
        with contextlib.suppress(RuntimeError):  # of platformdirs, for a variable that is no absolute path
            folder = user_state_path("tellwire")
            if problem := unnameable(folder):
                raise Halted(f"there is no folder for the journal of orders: {folder} {problem}")
            return folder
    raise Halted(
        "there is no folder for the journal of orders: HOME is not set, and the user has no entry in passwd"
        " (set orders.journal, HOME or XDG_STATE_HOME)"
    )


def temporary_folder() -> Path:
    """A folder that can be written to. Raises ``ConfigInvalid`` if there is none."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        if os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
            return SHARED_MEMORY
    raise ConfigInvalid(
        ["there is no folder for temporary files that can be written to (set TMPDIR, or orders.journal)"]
    )
