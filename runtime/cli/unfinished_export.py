"""The candles of an export that has not ended, kept beside its output: the same command goes on with them."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from actors.values import Candle
from runtime.cli.export import replace_file


class ExportRequest(Struct, frozen=True):
    """What an export was asked for: an unfinished one is gone on with if this is the same.

    ``source`` names where the candles come from; those of two accounts or seeds do not mix. ``end`` is
    ``None`` for now.
    """

    source: str
    asset: str
    period: int
    count: int
    end: float | None


class UnfinishedExport:
    """The steps that were loaded, the latest candles first.

    The file has a line with the request, then one for each step. A line that is not whole, since the machine
    went down while it was written, ends what counts.
    """

    def __init__(self, path: Path, request: ExportRequest) -> None:
        self._path = path
        self._request = request
        self._steps: list[list[Candle]] = []

    @classmethod
    def beside(cls, output: Path, request: ExportRequest, *, fresh: bool = False) -> Self:
        """That of ``output``; empty if there is none, if it was asked for otherwise, or if it is to be
        ``fresh``."""
        export = cls(output.with_name(f".{output.name}.unfinished"), request)
        if not fresh:
            export._steps = list(export._read())
        export._write_anew()
        return export

    @property
    def count(self) -> int:
        return sum(map(len, self._steps))

    @property
    def candles(self) -> list[Candle]:
        """Oldest first."""
        return [candle for step in reversed(self._steps) for candle in step]

    @property
    def next_end(self) -> float | None:
        """The end of the candles that are to be loaded next."""
        return self._steps[-1][0].time if self._steps else self._request.end

    def add(self, step: list[Candle]) -> None:
        """Keep the candles before those that are there; once this returns, they are on the disk."""
        if not step:
            return
        is_first = not self._steps
        self._steps.append(step)
        if is_first:  # a request that has brought nothing leaves no file
            self._write_anew()
        else:
            self._append(step)

    def remove(self) -> None:
        """The export has ended."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> Iterator[list[Candle]]:
        try:
            first, *lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        with contextlib.suppress(msgspec.MsgspecError):
            if msgspec.json.decode(first, type=ExportRequest) != self._request:
                return
            before = None
            for line in lines[:-1]:  # what follows the last newline is not whole
                step = msgspec.json.decode(line, type=list[Candle])
                if not step or (before is not None and step[-1].time >= before):
                    return
                before = step[0].time
                yield step

    def _write_anew(self) -> None:
        if not self._steps:
            self.remove()
            return
        lines = [msgspec.json.encode(each) for each in (self._request, *self._steps)]
        replace_file(self._path, b"\n".join([*lines, b""]))

    def _append(self, step: list[Candle]) -> None:
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(step) + b"\n")
            file.flush()
            os.fsync(file.fileno())
