"""What is kept of an export that has not ended, and when it is gone on with."""

from pathlib import Path

import msgspec
import pytest

from actors.values import Candle
from runtime.cli.unfinished_export import ExportRequest, UnfinishedExport

REQUEST = ExportRequest("practice, seed 1", "EURUSD_otc", 60, 6, None)


def bars(*times: int) -> list[Candle]:
    return [Candle(time, 1.0, 2.0, 0.5, 1.5, 7) for time in times]


def beside(folder: Path, request: ExportRequest = REQUEST, *, fresh: bool = False) -> UnfinishedExport:
    return UnfinishedExport.beside(folder / "candles.csv", request, fresh=fresh)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    export = beside(tmp_path)
    export.add(bars(300, 360))
    export.add(bars(180, 240))
    return tmp_path / ".candles.csv.unfinished"


def test_steps_are_joined_the_latest_first(tmp_path: Path) -> None:
    export = beside(tmp_path)
    assert (export.count, export.candles, export.next_end) == (0, [], None)
    export.add(bars(300, 360))
    export.add(bars(180, 240))
    assert (export.count, export.next_end) == (4, 180)
    assert export.candles == bars(180, 240, 300, 360)


def test_the_same_request_goes_on(kept: Path, tmp_path: Path) -> None:
    export = beside(tmp_path)
    assert export.candles == bars(180, 240, 300, 360)
    export.add(bars(60, 120))
    assert beside(tmp_path).candles == bars(60, 120, 180, 240, 300, 360)
    export.remove()
    assert not kept.exists()


@pytest.mark.parametrize(
    "change",
    [{"source": "demo"}, {"asset": "GBPUSD_otc"}, {"period": 5}, {"count": 7}, {"end": 360.0}],
)
def test_another_request_begins_anew(kept: Path, tmp_path: Path, change: dict[str, object]) -> None:
    export = beside(tmp_path, msgspec.structs.replace(REQUEST, **change))
    assert export.count == 0
    assert not kept.exists()


def test_a_fresh_one_begins_anew(kept: Path, tmp_path: Path) -> None:
    assert beside(tmp_path, fresh=True).count == 0
    assert not kept.exists()


@pytest.mark.parametrize("torn", [1, 10, 40])
def test_a_line_that_is_not_whole_does_not_count(kept: Path, tmp_path: Path, torn: int) -> None:
    kept.write_bytes(kept.read_bytes()[:-torn])
    export = beside(tmp_path)
    assert export.candles == bars(300, 360)
    export.add(bars(180, 240))
    assert beside(tmp_path).candles == bars(180, 240, 300, 360)


def test_a_step_that_does_not_fit_ends_what_counts(kept: Path, tmp_path: Path) -> None:
    line = msgspec.json.encode(bars(240, 300))
    kept.write_bytes(kept.read_bytes() + line + b"\n")
    assert beside(tmp_path).candles == bars(180, 240, 300, 360)


@pytest.mark.parametrize("content", [b"", b"\n", b"no json\n[]\n", b"\xff\xfe\n"])
def test_a_file_that_is_no_export_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".candles.csv.unfinished").write_bytes(content)
    assert beside(tmp_path).count == 0


def test_an_export_that_has_brought_nothing_leaves_no_file(tmp_path: Path) -> None:
    beside(tmp_path).add([])
    assert list(tmp_path.iterdir()) == []
