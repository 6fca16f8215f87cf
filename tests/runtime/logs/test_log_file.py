"""The file of the log."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from runtime import logs
from runtime.logs import Line
from runtime.logs.log_file import LogFile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def line(message: str) -> Line:
    return Line(NOON, "INFO", message)


def plain_file(path: Path, complain: Callable[[Line], None], rotation: int = 10_000) -> LogFile:
    return LogFile(path, logs.plain, rotation=rotation, retention=2, complain=complain)


def unexpected(complaint: Line) -> None:
    pytest.fail(complaint.message)


def test_lines_are_added_to_a_file_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "tellwire.log"
    for message in ("one", "zwölf"):
        with plain_file(path, unexpected) as write:
            write(line(message))
            assert message in path.read_text("utf-8")  # at once, for a reader that follows it
    assert [written[-5:] for written in path.read_text("utf-8").splitlines()] == ["  one", "zwölf"]


def test_lines_for_programs_are_json_there_too(tmp_path: Path) -> None:
    path = tmp_path / "tellwire.log"
    with LogFile(path, logs.as_json, rotation=10_000, retention=1, complain=unexpected) as write:
        write(line("one"))
    assert json.loads(path.read_text())["message"] == "one"


def test_a_file_is_begun_anew_at_its_size_and_only_so_many_are_kept(tmp_path: Path) -> None:
    with plain_file(tmp_path / "tellwire.log", unexpected, rotation=100) as write:
        for number in range(20):
            write(line(f"{number:040}"))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["tellwire.log", "tellwire.log.1", "tellwire.log.2"]
    assert all(file.stat().st_size <= 100 for file in files)
    assert "19\n" in files[0].read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_full_disk_is_complained_of_once_and_ends_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    complaints: list[Line] = []
    with plain_file(Path("/dev/full"), complaints.append) as write:
        for number in range(1000):
            write(line(f"{number:100}"))
    (complaint,) = complaints
    assert complaint.level == "WARNING"
    assert "/dev/full cannot be written (No space left on device)" in complaint.message
    assert capfd.readouterr() == ("", "")


def test_a_file_that_can_be_written_again_is_written_again(tmp_path: Path) -> None:
    complaints: list[Line] = []
    folder = tmp_path / "folder"
    folder.write_text("not a folder yet")
    with plain_file(folder / "tellwire.log", complaints.append) as write:
        write(line("lost"))
        write(line("lost too"))
        folder.unlink()
        write(line("kept"))
        write(line("kept too"))
    assert [complaint.level for complaint in complaints] == ["WARNING", "INFO"]
    assert complaints[1].message.endswith("is written again")
    assert len((folder / "tellwire.log").read_text().splitlines()) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be renamed there")
@pytest.mark.parametrize("recreate", [False, True], ids=["moved", "moved, and a new one created"])
def test_a_file_that_was_moved_is_begun_anew_with_the_next_line(tmp_path: Path, recreate: bool) -> None:
    path, moved = tmp_path / "tellwire.log", tmp_path / "tellwire.log.1"
    with plain_file(path, unexpected) as write:
        write(line("one"))
        path.rename(moved)
        if recreate:
            path.touch()
        write(line("two"))
        moved.unlink()
        path.unlink()
        write(line("three"))
        assert path.read_text().endswith("three\n")
        assert len(path.read_text().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be renamed there")
def test_a_renewed_file_is_let_go_of_at_once_and_there_again(tmp_path: Path) -> None:
    path, moved = tmp_path / "tellwire.log", tmp_path / "tellwire.log.1"
    with plain_file(path, unexpected) as write:
        write.renew()  # before the first line there is none
        assert not path.exists()
        write(line("one"))
        before = path.stat().st_ino
        write.renew()
        assert path.stat().st_ino == before
        path.rename(moved)
        write.renew()
        assert path.read_text() == ""
        write(line("two"))
    assert (moved.read_text()[-4:], path.read_text()[-4:]) == ("one\n", "two\n")


def test_a_plain_line_is_in_utc_and_says_so() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert logs.plain(Line(NOON.astimezone(tokyo), "INFO", "x")) == "2026-01-01 12:00:00.000Z INFO     x"
