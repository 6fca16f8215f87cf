"""The standard streams of a command: there, and never the reason that it fails.

A service, ``pythonw.exe`` or ``>&-`` starts a program without some of them. Then Python sets ``sys.stdout``
or ``sys.stderr`` to ``None``, and the next file or socket that is opened gets the number of the missing one.
"""

import codecs
import contextlib
import os
import sys
from typing import Final, TextIO

from runtime.cli.output.stdout import drop, has_left

PLAIN: Final = "tellwire.plain"
"""A handler of encoding errors: a sign that an encoding lacks becomes one of ASCII, of the same width."""

_SIGNS: Final = str.maketrans(
    {
        "▲": "^",
        "▼": "v",
        "…": "~",
        "\u2013": "-",
        "\u2014": "-",
        "━": "-",
        "╸": "-",
        "╺": "-",
        "•": "*",
        "≥": ">",
    }
    | dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True))
)


def prepare() -> None:
    """Open what is missing, and let no encoding refuse a sign. To be called before anything is opened.

    A missing standard output takes nothing: a write fails as on one that was closed. A missing standard error
    takes everything.
    """
    codecs.register_error(PLAIN, _plain)
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)  # the lowest free number, that of the missing stream
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream of the caller's own
            stream.reconfigure(errors=PLAIN)  # type: ignore[union-attr]


def finish() -> bool:
    """Write what is still in the buffers; whether standard output has taken it, or its reader has left. What
    cannot be written is dropped: the interpreter would complain of it at its end."""
    _flush(sys.stderr)
    failure = _flush(sys.stdout)
    return failure is None or has_left(failure)


def _flush(stream: TextIO) -> OSError | None:
    try:
        stream.flush()
    except OSError as error:
        drop(stream.fileno())
        with contextlib.suppress(OSError):
            stream.flush()
        return error
    except ValueError:  # it was closed
        pass
    return None


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end].translate(_SIGNS)
    return signs.encode("ascii", "replace").decode("ascii"), error.end
