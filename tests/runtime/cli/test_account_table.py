"""The operator's commands for a process with several accounts."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import Host, Runtime, load
from runtime.cli.doctor import examine
from runtime.cli.findings import Level
from runtime.ctl import main
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.several_accounts import entries, write, wrong

Capture = pytest.CaptureFixture[str]
PATIENCE = 20.0


@pytest.fixture(scope="module")
def exchange_of_three() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(accounts=3, tick_rate=20.0)) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, place: Path, exchange_of_three: PracticeExchange) -> Path:
    """Of two accounts that log in, one that is refused, and a feed."""
    good = exchange_of_three.sessions
    accounts = entries((good[0], good[1], wrong(good[2])))
    return write(tmp_path / "h.yaml", exchange_of_three, place, accounts=accounts)


@pytest.fixture
def host(file: Path) -> Iterator[Host]:
    with Host.from_yaml(file) as running:
        due = time.monotonic() + PATIENCE
        wanted = {"main": "up", "hedge": "up", "third": "refused", "otc": "up"}
        while {state.name: state.state for state in running.states()} != wanted:
            assert time.monotonic() < due
            time.sleep(0.05)
        yield running


@pytest.mark.usefixtures("host")
def test_the_accounts_are_a_table_that_names_what_is_wrong(file: Path, capsys: Capture) -> None:
    assert main([str(file), "accounts"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:5] == ["ACCOUNT", "SESSION", "STATE", "BALANCE", "UP"]
    assert lines[1][:5] == ["main", "demo", "up", "10,000.00", "1/1"]
    assert lines[3][:4] == ["third", "demo", "refused", "-"]
    assert "AuthRejected:" in lines[3]
    assert lines[4][:5] == ["otc", "(feed)", "demo", "up", "-"]

    assert main([str(file), "accounts", "--json"]) == 0
    accounts = json.loads(capsys.readouterr().out)["accounts"]
    assert [each["name"] for each in accounts] == ["main", "hedge", "third", "otc"]
    assert [each["in_doubt"] for each in accounts] == [0, 0, 0, None]


def test_one_account_alone_is_a_row_too(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("pool: {workers: 0}\n")
    with Runtime(load(file)) as runtime:
        runtime.client.balance(timeout=PATIENCE)
        assert main([str(file), "accounts"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["-", "practice", "up", "10,000.00"]


@pytest.mark.usefixtures("host")
def test_a_command_is_for_the_account_that_it_names_or_for_all(file: Path, capsys: Capture) -> None:
    assert main([str(file), "--account", "hedge", "halt", "for", "lunch"]) == 0
    assert main([str(file), "accounts"]) == 0
    out = capsys.readouterr().out
    assert "orders halted (for lunch)" in out.splitlines()[3]
    assert main([str(file), "resume", "--account", "hedge"]) == 0
    assert main([str(file), "balance", "--account", "main"]) == 0
    assert "10,000.00" in capsys.readouterr().out
    assert main([str(file), "orders", "--account", "main"]) == 0
    assert "no orders" in capsys.readouterr().out
    assert main([str(file), "health"]) == 1
    assert capsys.readouterr().err.startswith("third: no connection is logged in")
    assert main([str(file), "health", "--account", "main"]) == 0
    assert main([str(file), "health", "--alive"]) == 0
    assert capsys.readouterr().out == "ready\nalive\n"
    assert main([str(file), "reload"]) == 0
    assert capsys.readouterr().out == "nothing has changed\n"


def test_a_command_without_a_name_is_told_all_of_them(file: Path, capsys: Capture) -> None:
    assert main([str(file), "halt"]) == 2
    assert "there are several, main, hedge, third, otc: name one of them" in capsys.readouterr().err
    assert main([str(file), "--account", "mian", "status"]) == 2
    assert "did you mean main?" in capsys.readouterr().err


def test_the_doctor_looks_at_each_account(file: Path) -> None:
    findings = examine(file)
    assert [found.subject for found in findings if found.subject.endswith(": session")] == [
        f"{name}: session" for name in ("main", "hedge", "third", "otc")
    ]
    assert "otc: journal" not in {found.subject for found in findings}
    assert [found for found in findings if found.level is Level.FAIL] == []
    assert {found.subject for found in examine(file, "main")} >= {"session", "journal"}
