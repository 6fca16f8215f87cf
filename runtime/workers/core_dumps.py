"""No core dump of a process that holds a session: it would carry the session onto a disk."""

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def forbid_core_dumps() -> None:
    """From now on this process leaves no core dump, whatever kills it; idempotent.

    On Linux only root can look into its memory then, or attach a debugger or profiler to it: the kernel
    forgets this at ``exec``, so each program says it for itself. The limit alone would not do, since a
    ``core_pattern`` that is a pipe ignores it. Elsewhere the limit is all there is, and on Windows nothing.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not there on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
