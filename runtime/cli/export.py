"""Writes candles to a file: CSV, JSON lines or Parquet, as a whole or not at all."""

import csv
import importlib.util
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from actors.values import Candle

FIELDS = Candle.__struct_fields__

FileFormat = Callable[[Sequence[Candle]], bytes]


def as_csv(candles: Sequence[Candle]) -> bytes:
    """A line of names, then a line for each candle; ``time`` is Unix time, an unknown ``volume`` is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(map(msgspec.structs.astuple, candles))
    return text.getvalue().encode()


def as_json_lines(candles: Sequence[Candle]) -> bytes:
    """A line with an object for each candle; ``time`` is Unix time, an unknown ``volume`` is null."""
    rows = (msgspec.structs.astuple(candle) for candle in candles)
    return msgspec.json.Encoder().encode_lines([dict(zip(FIELDS, row, strict=True)) for row in rows])


def as_parquet(candles: Sequence[Candle]) -> bytes:
    """One row group; ``time`` is a timestamp in UTC, an unknown ``volume`` null. Needs pyarrow."""
    import pyarrow as pa  # noqa: PLC0415  # an extra of 50 MB that nothing else needs
    from pyarrow import parquet  # noqa: PLC0415

    rows = [msgspec.structs.asdict(candle) | {"time": candle.time * 1000} for candle in candles]
    prices = [(name, pa.float64()) for name in ("open", "high", "low", "close")]
    schema = pa.schema([("time", pa.timestamp("ms", tz="UTC")), *prices, ("volume", pa.int64())])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(rows, schema), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


FORMS: dict[str, FileFormat] = {".csv": as_csv, ".jsonl": as_json_lines, ".parquet": as_parquet}


def form_of(path: Path) -> FileFormat:
    """The form for a file of this name; raises ``ValueError`` with a sentence if there is none."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise ValueError(f"{path} must end in {', '.join(FORMS)}")
    if form is as_parquet:
        need_pyarrow()
    return form


def need_pyarrow() -> None:
    """Raises ``ValueError``, with the command that installs it, if it is missing."""
    if importlib.util.find_spec("pyarrow") is None:
        command = shlex.join([sys.executable or "python", "-m", "pip", "install", "pyarrow"])
        raise ValueError(f"Parquet needs pyarrow, which is not installed: {command}")


def replace_file(path: Path, data: bytes) -> None:
    """Replace the file at ``path`` by ``data``; an ``OSError`` leaves the old file, and no other."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
