"""The doctor: one finding for each thing that a runtime needs."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import Runtime
from runtime.ctl import main
from runtime.practice import PracticeExchange
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.frozen_process import freeze
from tests.journeys.journey import DEADLINE
from tests.runtime.cli.conftest import venue

ROOT = Path(__file__).resolve().parents[3]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _no_proxy_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def findings(file: Path, capsys: Capture) -> tuple[int, dict[str, tuple[str, str]]]:
    code = main([str(file), "doctor", "--json"])
    told = json.loads(capsys.readouterr().out)["findings"]
    return code, {each["subject"]: (each["level"], each["text"]) for each in told}


def test_a_doctor_without_patient_looks_at_the_file(file: Path, capsys: Capture) -> None:
    code, found = findings(file, capsys)
    assert code == 0
    assert found["runtime"] == ("OK", "none is running")
    assert found["session"][0] == "OK"
    assert found["session"][1].endswith("into POCKET_OPTION_SSID): the practice exchange is used")
    assert found["regions"] == ("OK", "the practice exchange opens its own when it is started")
    assert re.fullmatch(r"[0-9,]+ MiB are free in /.*", found["temporary folder"][1])
    assert {level for level, _ in found.values()} == {"OK"}


def test_a_running_practice_exchange_is_probed_too(file: Path, runtime: Runtime, capsys: Capture) -> None:
    code, found = findings(file, capsys)
    assert code == 0
    assert found["runtime"] == ("OK", f"runs as pid {os.getpid()}")
    for name in ("PRACTICE-1", "PRACTICE-2"):
        assert re.fullmatch(r"look-up .* ms, TCP .* ms, upgrade .* ms", found[name][1])
    assert found["clock"][0] == "OK"
    assert re.fullmatch(r"about [0-9]\.[0-9] s (behind|ahead of) the venue's, .*", found["clock"][1])


def test_each_problem_of_the_file_fails(file: Path, capsys: Capture) -> None:
    file.write_text("nonsense: 1\npool: {workers: -1}\n")
    assert main([str(file), "doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"FAIL  configuration: {file}:") for line in lines)


def test_a_file_that_is_not_there_is_misuse(file: Path, capsys: Capture) -> None:
    file.unlink()
    assert main([str(file), "doctor"]) == 2
    assert capsys.readouterr() == ("", f"{file}: does not exist\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be frozen there")
def test_a_runtime_that_does_not_answer_fails_and_is_not_taken_for_none(file: Path, capsys: Capture) -> None:
    file.write_text(file.read_text() + "log: {level: ERROR}\n")
    command = [sys.executable, "-m", "runtime.main", str(file), "--output", "json"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        assert any('"ConnectionUp"' in line for line in program.stdout)
        freeze(program.pid)
        code, found = findings(file, capsys)
        program.kill()
    assert code == 1
    assert found["runtime"][0] == "FAIL"
    assert found["runtime"][1].startswith("one is there but does not answer: ")
    assert found["configuration"][0] == "OK"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such sockets")
def test_what_a_dead_runtime_has_left_is_not_taken_for_one(file: Path, capsys: Capture, place: Path) -> None:
    file.write_text(f"control: {{socket: {place}}}\n")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    assert findings(file, capsys)[1]["runtime"] == ("OK", "none is running")


def test_a_runtime_without_a_control_socket_is_not_checked(file: Path, capsys: Capture) -> None:
    file.write_text("control: {enabled: false}\n")
    text = "not checked: control.enabled is false"
    assert findings(file, capsys)[1]["runtime"] == ("OK", text)


def test_regions_that_are_not_probed_without_a_session_are_named(
    file: Path, capsys: Capture, exchange: PracticeExchange
) -> None:
    venue(file, "", [region.url for region in exchange.regions])
    assert findings(file, capsys)[1]["regions of the venue"] == (
        "OK",
        "2 are configured and were not probed: that needs a session",
    )
    assert exchange.ledger.sockets() == []


@pytest.mark.parametrize("name", ["a-file/x.log", "a-folder"])
def test_a_log_file_that_cannot_be_written_fails(file: Path, capsys: Capture, name: str) -> None:
    (file.parent / "a-file").touch()
    (file.parent / "a-folder").mkdir()
    file.write_text(f"log: {{file: {file.parent / name}}}\n")
    code, found = findings(file, capsys)
    assert code == 1
    assert "FAIL" in {found["log's folder"][0], found.get("log file", ("", ""))[0]}


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in which nothing can be created")
def test_a_log_file_whose_folder_cannot_be_made_fails(file: Path, capsys: Capture) -> None:
    file.write_text("log: {file: /proc/nope/x.log}\n")
    code, found = findings(file, capsys)
    assert code == 1
    assert found["log's folder"][1].startswith("/proc/nope cannot be created or written to: ")


def test_a_log_file_is_as_it_was_after_the_doctor_looked(file: Path, capsys: Capture) -> None:
    log = file.parent / "logs" / "x.log"
    file.write_text(f"log: {{file: {log}}}\n")
    assert findings(file, capsys)[1]["log's folder"][0] == "OK"
    assert not log.parent.exists()
    log.parent.mkdir()
    log.write_text("a line\n")
    os.utime(log, (1.0, 1.0))
    assert findings(file, capsys)[1]["log file"] == ("OK", f"{log} can be written to")
    assert (log.read_text(), log.stat().st_mtime) == ("a line\n", 1.0)


def test_one_region_that_is_down_is_a_warning_and_all_of_them_a_failure(
    file: Path, capsys: Capture, exchange: PracticeExchange
) -> None:
    journal = f"orders: {{journal: {file.parent / 'journal.sqlite'}}}\n"
    there, shut = exchange.regions
    exchange.close_region(shut.name)
    venue(file, exchange.session, [there.url, shut.url], journal)
    code, found = findings(file, capsys)
    assert code == 0
    assert found["region-1"][0] == "OK"
    assert found["region-2"][0] == "WARN"
    assert "Connection refused" in found["region-2"][1]
    assert json.loads(exchange.session[2:])[1]["session"] not in repr(found)
    venue(file, exchange.session, [shut.url], journal)
    code, found = findings(file, capsys)
    assert code == 1
    assert found["region-1"][0] == "FAIL"


def test_the_journal_is_read_and_its_holder_named(file: Path, capsys: Capture) -> None:
    path = file.parent / "journal.sqlite"
    file.write_text(f"orders: {{journal: {path}}}\n")
    assert findings(file, capsys)[1]["journal"] == ("OK", f"{path} will be created")
    journal = SqliteJournal(path, JournalAccount.practice("pocketoption"))
    whose = "version 4 of the practice exchange of pocketoption, 28 KiB, 0 retired"
    used = f"0 orders, 0 unfinished, held by another runtime (pid {os.getpid()})"
    assert findings(file, capsys)[1]["journal"] == (
        "OK",
        f"{path}: {used}; {whose}; every page and row is whole",
    )
    journal.halt("lunch")
    journal.close()
    assert findings(file, capsys)[1]["journal"] == (
        "WARN",
        f"{path}: 0 orders, 0 unfinished, held by no runtime; {whose}; orders are halted (lunch)",
    )


def test_a_journal_that_takes_no_order_fails_and_says_why(file: Path, capsys: Capture) -> None:
    path = file.parent / "journal.sqlite"
    file.write_text(f"orders: {{journal: {path}}}\n")

    def failure() -> str:
        code, found = findings(file, capsys)
        assert (code, found["journal"][0]) == (1, "FAIL")
        return found["journal"][1]

    with contextlib.closing(SqliteJournal(path, JournalAccount("pocketoption", "demo", "7"))) as journal:
        journal.halt("lunch")
    assert "the demo account 7 of pocketoption" in failure()
    assert "but this session is of the practice exchange of pocketoption" in failure()
    good = path.read_bytes()
    path.write_bytes(good.replace(b"lunch", b"hunch"))
    assert failure().endswith("it is damaged: the row of the halt is not as it was written")
    for data in (b"no database" * 100, b""):
        path.write_bytes(data)
        assert "cannot be read" in failure()
    path.unlink()
    assert failure() == f"{path} is gone, but was there before (see {path}.mark)"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_limit_of_descriptors_that_is_too_low_fails(file: Path) -> None:
    file.write_text("pool: {connections: 2, max_connections: 20, workers: 0}\n")
    command = f"ulimit -n 100; exec '{sys.executable}' -m runtime.ctl '{file}' doctor"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE * 2, check=False
    )
    assert done.returncode == 1
    assert "FAIL  descriptors: 272 may be needed, but the limit is 100 (ulimit -n)" in done.stdout
