"""A text file, read as a whole."""

import stat
from pathlib import Path

from runtime.config.types.problems import Mark, Unreadable

LARGEST_FILE = 1024 * 1024


def read_text(path: Path) -> str:
    """The text of a regular file; raises :class:`Unreadable` saying, after the file's name, why not."""
    try:
        data = _bytes(path)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise Unreadable("cannot be read: the name is not valid") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        raise Unreadable("is not UTF-8 text", Mark.after(before)) from None


def _bytes(path: Path) -> bytes:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Unreadable("is a directory")
    if not stat.S_ISREG(mode):
        raise Unreadable("is not a regular file")  # opening a pipe would wait for its writer
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Unreadable("is larger than 1 MiB")
    return data
