"""A run of several accounts, as a process."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.cli.exit_codes import ExitCode
from runtime.cli.service import are_ready, described_all
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.several_accounts import entries, write, wrong
from tests.doubles.status_samples import connection, status
from tests.runtime.cli.conftest import Start

LIMIT = 40
"""Seconds for a run; a loaded machine takes its time."""


@pytest.fixture(scope="module")
def several() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(accounts=3, tick_rate=20.0)) as running:
        yield running


def test_a_run_goes_on_without_the_account_that_is_refused_and_its_exit_code_says_so(
    several: PracticeExchange, tmp_path: Path, place: Path, start: Start
) -> None:
    good = several.sessions
    accounts = entries((good[0], wrong(good[1])))
    file = write(tmp_path / "c.yaml", several, place, accounts=accounts)
    process = start(file, "--output", "log", "--duration", "4")
    out, err = process.communicate(timeout=LIMIT)
    assert (out, process.returncode) == ("", ExitCode.LOGIN_REFUSED)
    assert "main: connection-1 is up" in err
    assert "hedge: connection-1 is given up: AuthRejected" in err
    assert "otc: EURUSD_otc: " in err  # of the summary
    assert "all accounts have stopped" in err
    assert not any(session.split('"session":"')[1][:20] in err for session in good)


def test_events_in_json_name_their_account(
    several: PracticeExchange, tmp_path: Path, place: Path, start: Start
) -> None:
    file = write(tmp_path / "c.yaml", several, place, accounts=entries(several.sessions[:2]))
    process = start(file, "--output", "json", "--duration", "4")
    out, _ = process.communicate(timeout=LIMIT)
    rows = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == ExitCode.DONE
    assert {row["account"] for row in rows} == {"main", "hedge", "otc"}
    assert {row["account"] for row in rows if row["event"] == "Tick"} == {"otc"}
    assert [row["account"] for row in rows if row["event"] == "Summary"] == ["main", "hedge", "otc"]


def test_a_run_whose_engine_is_away_says_so_once_and_ends_as_an_outage_does(
    several: PracticeExchange, tmp_path: Path, place: Path, start: Start
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    times = "lease: 1s, renew: 300ms, margin: 300ms"
    more = f"cluster: {{engine: 'valkey://127.0.0.1:{port}', host: h1, {times}}}\n"
    accounts = entries(several.sessions[:1])
    file = write(tmp_path / "c.yaml", several, place, accounts=accounts, feeds="", more=more)
    process = start(file, "--output", "log", "--duration", "2")
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == ExitCode.OUTAGE
    away = f"the engine valkey://127.0.0.1:{port}/0 is away: no connection"
    assert err.count(f"ERROR    {away}") == 1
    assert f"no account is on this host at the end of the run: {away}" in err


def test_a_program_has_started_once_every_account_is_up_or_given_up() -> None:
    up, waiting, given_up = (
        status(connections=(connection(1, state=state),), streams=())
        for state in ("up", "connecting", "quarantined")
    )
    assert are_ready([up, given_up])
    assert not are_ready([up, waiting])
    assert not are_ready([given_up])
    assert described_all({"": up}) == "1 of 1 connections up, 0 of 0 streams fresh"
    assert described_all({"main": up, "hedge": given_up}).startswith("main: 1 of 1 connections up")
