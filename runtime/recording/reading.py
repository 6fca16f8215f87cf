"""Takes a recording in again: the lines of all its files, in the order of their times."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec

from actors.errors import RequestRefused
from runtime.recording.compression import damage, decompressor
from runtime.recording.files import recordings_in
from runtime.recording.lines import VERSION, Head, RecordedLine, decode

CHUNK: Final = 64 * 1024
HORIZON: Final = 5.0
"""Seconds by which lines of one file may be out of order: what is held back to be scrubbed comes later."""

Complain = Callable[[str], object]


def files_of(path: Path) -> list[Path]:
    """The files of a recording: ``path`` itself, or those of a folder. Raises ``RequestRefused`` if there
    is none."""
    if path.is_dir():
        if files := recordings_in(path):
            return files
        raise RequestRefused(f"{path} has no recording: no file *.jsonl.zst")
    if not path.exists():
        raise RequestRefused(f"{path} does not exist")
    return [path]


def read_head(path: Path) -> Head:
    """The first line of a file. Raises ``RequestRefused`` if it is no recording, or of a later version."""
    first = next(_lines(path, lambda _: None), None)
    if not isinstance(first, Head):
        raise RequestRefused(f"{path} is no recording of tellwire")
    if first.version > VERSION:
        raise RequestRefused(f"{path} has version {first.version}; this program reads those up to {VERSION}")
    return first


def read_recording(files: Sequence[Path], complain: Complain) -> Iterator[RecordedLine]:
    """The lines of ``files``, oldest first; ``complain`` is told where one is damaged or cut off."""
    by_process: dict[int, list[Path]] = {}
    for path in files:
        by_process.setdefault(read_head(path).process, []).append(path)
    streams = [_sorted(_joined(paths, complain)) for paths in by_process.values()]
    return heapq.merge(*streams, key=attrgetter("mono"))


def _joined(paths: Sequence[Path], complain: Complain) -> Iterator[RecordedLine]:
    for path in paths:
        yield from _lines(path, complain)


def _sorted(lines: Iterator[RecordedLine]) -> Iterator[RecordedLine]:
    waiting: list[tuple[float, int, RecordedLine]] = []
    newest = float("-inf")
    for number, line in enumerate(lines):
        newest = max(newest, line.mono)
        heapq.heappush(waiting, (line.mono, number, line))
        while waiting[0][0] < newest - HORIZON:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _lines(path: Path, complain: Complain) -> Iterator[RecordedLine]:
    """Up to the end of what can be read."""
    unzipped, rest, count, last = decompressor(), b"", 0, None
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            try:
                data = rest + unzipped.decompress(chunk)
            except damage() as error:
                complain(
                    f"{path} is damaged before byte {file.tell()} ({error}): read up to {_place(count, last)}"
                )
                return
            *whole, rest = data.split(b"\n")
            for text in whole:
                try:
                    last = decode(text)
                except (msgspec.MsgspecError, ValueError):
                    complain(f"{path} has an invalid line: read up to {_place(count, last)}")
                    return
                count += 1
                yield last
            if unzipped.eof:
                break
    if not unzipped.eof or rest:
        reached = _place(count, last)
        complain(f"{path} has no end: its writer was killed, or still writes; read up to {reached}")


def _place(count: int, last: RecordedLine | None) -> str:
    return f"line {count}, at {utc_text(last.utc)}" if last is not None else "its beginning"


def utc_text(seconds: float) -> str:

    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z"
