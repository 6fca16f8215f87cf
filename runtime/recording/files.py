"""The folder of a recording: files that grow up to a size, of which the oldest leave."""

import contextlib
import os
import time
from pathlib import Path
from typing import BinaryIO, Final

from runtime.recording.compression import Compressor

SUFFIX: Final = ".jsonl.zst"


def recordings_in(folder: Path) -> list[Path]:
    """The files of a folder, by their names: each begins with the time of its beginning."""
    return sorted(folder.glob(f"*{SUFFIX}"))


class RecordingFiles:
    """Writes lines into ``folder``; a new file begins after ``rotate`` compressed bytes, and the oldest
    leave while all files of the folder are larger than ``keep``. Every method raises ``OSError``."""

    def __init__(self, folder: Path, *, rotate: int, keep: int) -> None:
        self._folder = folder
        self._rotate = rotate
        self._keep = keep
        self._file: BinaryIO | None = None
        self._compressor: Compressor
        self._written = 0
        self._number = 0

    @property
    def is_open(self) -> bool:
        return self._file is not None

    @property
    def full(self) -> bool:
        """Whether the next line belongs into a new file."""
        return self._written >= self._rotate

    def begin(self) -> None:
        """Begin a new file; the present one is finished."""
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = self._folder / f"{stamp}-{os.getpid()}-{self._number:04}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._compressor, self._written = Compressor(), 0
        self._remove_oldest(path)

    def write(self, line: bytes) -> None:
        self._put(self._compressor.add(line + b"\n"))

    def flush(self) -> None:
        """Whatever happens to this process from now on, what was written can be read."""
        if self._file is not None:
            self._put(self._compressor.flush())

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with file:
                _write_all(file, self._compressor.finish())

    def abandon(self) -> None:
        """Give up the present file as it is."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # the disk has failed already, which the caller knows
                file.close()

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        _write_all(self._file, data)
        self._written += len(data)

    def _remove_oldest(self, present: Path) -> None:
        files = recordings_in(self._folder)
        sizes = {path: _size(path) for path in files}
        total = sum(sizes.values())
        for path in files:
            if total <= self._keep:
                return
            if path != present:
                with contextlib.suppress(FileNotFoundError):  # another process was quicker
                    path.unlink()
                total -= sizes[path]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
