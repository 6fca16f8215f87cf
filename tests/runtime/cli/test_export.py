import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.values import Candle
from runtime.cli.export import as_csv, as_json_lines, as_parquet, form_of, replace_file

CANDLES = [Candle(1770848880, 1.1, 1.25, 1.0, 1.2, 42), Candle(1770848940, 0.1 + 0.2, 1e-9, 1e-9, 2.0)]


def test_csv_has_a_line_of_names_and_prices_that_read_back_exactly() -> None:
    names, *rows = as_csv(CANDLES).decode().split("\n")
    assert names == "time,open,high,low,close,volume"
    assert rows == ["1770848880,1.1,1.25,1.0,1.2,42", "1770848940,0.30000000000000004,1e-09,1e-09,2.0,", ""]


def test_json_lines_are_objects_with_the_same_names() -> None:
    first, second = map(json.loads, as_json_lines(CANDLES).splitlines())
    assert first == {
        "time": 1770848880,
        "open": 1.1,
        "high": 1.25,
        "low": 1.0,
        "close": 1.2,
        "volume": 42,
    }
    assert (second["open"], second["volume"]) == (0.1 + 0.2, None)


def test_no_candles_are_an_empty_table() -> None:
    assert as_csv([]) == b"time,open,high,low,close,volume\n"
    assert as_json_lines([]) == b""


def test_parquet_knows_that_times_are_times() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(as_parquet(CANDLES)))
    first, second = table.to_pylist()
    assert first["time"] == datetime.fromtimestamp(1770848880, UTC)
    assert [first[name] for name in ("open", "high", "low", "close", "volume")] == [1.1, 1.25, 1.0, 1.2, 42]
    assert second["volume"] is None
    assert parquet.read_table(io.BytesIO(as_parquet([]))).schema == table.schema


def test_the_name_of_a_file_says_its_form() -> None:
    assert form_of(Path("a.csv")) is as_csv
    assert form_of(Path("folder.csv/a.JSONL")) is as_json_lines
    with pytest.raises(ValueError, match=r"a\.xlsx must end in \.csv, \.jsonl, \.parquet"):
        form_of(Path("a.xlsx"))


def test_without_pyarrow_parquet_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="-m pip install pyarrow"):
        form_of(Path("a.parquet"))


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"old")
    replace_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "a.csv"
    (folder / "full").mkdir(parents=True)  # a folder cannot be replaced by a file
    with pytest.raises(OSError, match=r"a\.csv"):
        replace_file(folder, b"new")
    assert list(tmp_path.iterdir()) == [folder]
