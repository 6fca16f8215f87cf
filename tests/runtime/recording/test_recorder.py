"""Files of a recording: rotated, bounded, readable to where they are damaged; and what a bad disk costs."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from actors.errors import RequestRefused
from actors.messages.events import ConnectionDown
from actors.messages.workers import ConnectionSettings, RecordingSettings, StartConnection
from actors.values import Region, Secret
from runtime.recording import recorder as recorder_module
from runtime.recording.files import RecordingFiles, recordings_in
from runtime.recording.lines import Heard, LifeBegan, LifeEnded, Lost, RecordedLine, as_bytes
from runtime.recording.reading import files_of, read_recording
from runtime.recording.recorder import RecordedLife, stop_recording, witness

LOGIN = '42["auth",{"session":"abcdefghij0123456789abcdef","isDemo":1,"uid":87654321,"platform":2}]'


def start_in(folder: Path, *, rotate: int = 1 << 30, keep: int = 1 << 30) -> StartConnection:
    settings = ConnectionSettings(
        venue="pocketoption",
        secret=Secret(LOGIN),
        origin="",
        headers={},
        ssl_verify=True,
        open_timeout=1.0,
        close_timeout=1.0,
        ping_interval=1.0,
        ping_timeout=1.0,
        keep_alive_interval=1.0,
        inbound_linger=0.0,
        max_message_size=1 << 20,
        recording=RecordingSettings(str(folder), rotate, keep, "1", "pool: {}"),
    )
    return StartConnection("connection-1", 1, Region("EU", "wss://host"), settings)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[RecordedLife]:
    start = start_in(tmp_path / "r")
    found = witness(start)
    assert found is not None
    found.began(0.5, 0.5)
    yield found
    stop_recording(start.settings.recording)


def end(life: RecordedLife) -> None:
    life.ended(ConnectionDown("connection-1", 1, "EU", "cut", was_ready=True), 3.0, 4.0)


def read(folder: Path) -> tuple[list[RecordedLine], list[str]]:
    complaints: list[str] = []
    return list(read_recording(files_of(folder), complaints.append)), complaints


def noise(number: int) -> bytes:
    return repr([hash((number, each)) for each in range(2000)]).encode()


def test_what_was_heard_comes_back_byte_by_byte_and_the_login_does_not(
    tmp_path: Path, life: RecordedLife
) -> None:
    every_byte = bytes(range(256))
    life.heard(every_byte, 1.0, 2.0)
    life.heard(b"87654321 abcdefghij0123456789abcdef", 1.5, 2.5)
    end(life)
    stop_recording(start_in(tmp_path / "r").settings.recording)
    lines, complaints = read(tmp_path / "r")
    assert complaints == []
    assert [as_bytes(line.data) for line in lines if isinstance(line, Heard)] == [
        every_byte,
        b"11111111 " + b"x" * 26,
    ]
    assert LifeEnded(3.0, 4.0, "connection-1", 1, "cut", True, False, None) in lines
    assert b"abcdefghij0123" not in repr(lines).encode()


def test_files_rotate_and_the_oldest_leave(tmp_path: Path) -> None:
    start = start_in(tmp_path, rotate=64 * 1024, keep=256 * 1024)
    life = witness(start)
    assert life is not None
    for number in range(100):
        life.heard(noise(number), float(number), float(number))
    end(life)
    stop_recording(start.settings.recording)
    files = recordings_in(tmp_path)
    assert len(files) >= 3
    assert sum(file.stat().st_size for file in files) <= 256 * 1024 + 64 * 1024 + 40_000
    lines, complaints = read(tmp_path)
    assert complaints == []
    assert not any(isinstance(line, LifeBegan) for line in lines)
    heard = [line.mono for line in lines if isinstance(line, Heard)]
    assert heard == [float(number) for number in range(100 - len(heard), 100)]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_tail_is_named_and_what_is_before_it_is_read(
    tmp_path: Path, life: RecordedLife, damage: str
) -> None:
    for number in range(60):
        life.heard(noise(number), float(number), float(number))
    end(life)
    stop_recording(start_in(tmp_path / "r").settings.recording)
    (file,) = recordings_in(tmp_path / "r")
    data = bytearray(file.read_bytes())
    if damage == "cut":
        del data[len(data) * 3 // 4 :]
    else:
        data[len(data) * 3 // 4 :] = bytes(len(data) - len(data) * 3 // 4)
    file.write_bytes(data)
    lines, complaints = read(tmp_path / "r")
    (complaint,) = complaints
    assert "read up to line" in complaint
    heard = [as_bytes(line.data) for line in lines if isinstance(line, Heard)]
    assert 20 < len(heard) < 60
    assert heard == [noise(number) for number in range(len(heard))]


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match="does not exist"):
        files_of(tmp_path / "nothing")
    with pytest.raises(RequestRefused, match="has no recording"):
        files_of(tmp_path)
    (tmp_path / "text.jsonl.zst").write_text("not this", encoding="utf-8")
    with pytest.raises(RequestRefused, match="is no recording of tellwire"):
        read(tmp_path)


def test_a_disk_that_does_not_keep_up_costs_lines_and_says_so_and_holds_up_nobody(
    tmp_path: Path, life: RecordedLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, said = threading.Event(), []
    handler = logger.add(lambda line: said.append(str(line)), level="WARNING", format="{message}")
    slow = RecordingFiles.write
    monkeypatch.setattr(recorder_module, "ROOM", 1024 * 1024)
    monkeypatch.setattr(RecordingFiles, "write", lambda *args: (gate.wait(10), slow(*args))[1])
    began = time.perf_counter()
    for number in range(200):
        life.heard(b"." * 65536, float(number), float(number))
    assert time.perf_counter() - began < 1.0
    gate.set()
    end_at = time.monotonic() + 5
    while not life._recorder.has_room and time.monotonic() < end_at:
        time.sleep(0.01)
    life.heard(b"after", 1000.0, 1000.0)
    end(life)
    stop_recording(start_in(tmp_path / "r").settings.recording)
    logger.remove(handler)
    lines, _ = read(tmp_path / "r")
    heard = [line for line in lines if isinstance(line, Heard)]
    (lost,) = [line for line in lines if isinstance(line, Lost)]
    assert len(heard) + lost.count == 201
    assert lost.count > 100
    assert any(f"has lost {lost.count} lines" in line for line in said)


def test_a_folder_that_cannot_be_written_costs_the_recording_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said: list[str] = []
    handler = logger.add(lambda line: said.append(str(line)), level="WARNING", format="{message}")
    start = start_in(tmp_path / "file" / "r")
    life = witness(start)
    assert life is not None
    life.heard(b"something", 1.0, 1.0)
    end(life)
    stop_recording(start.settings.recording)
    logger.remove(handler)
    assert any("cannot be written (Not a directory)" in line for line in said)
    assert any("has lost" in line for line in said)
