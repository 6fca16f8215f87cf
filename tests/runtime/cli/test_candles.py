"""The command line that loads candles, in processes of its own, up to its exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runtime.candles import main
from runtime.practice import PracticeExchange
from tests.runtime.cli.conftest import Start

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "configs" / "pocketoption.yaml"
DEADLINE = 20.0
STRANGER = '42["auth",{"session":"c4n4ryc4n4ryc4n4ryc4n4ry","isDemo":1,"uid":12345678,"platform":2}]'


def ended(start: Start, *arguments: str | Path, **options: Any) -> tuple[int, str, str]:
    process = start(*arguments, module="runtime.candles", **options)
    out, err = process.communicate(timeout=DEADLINE)
    return process.returncode, out, err


def test_without_a_file_candles_go_to_standard_output_and_words_do_not(start: Start) -> None:
    wishes = ("--period", "5m", "--count", "200", "--end", "2026-01-31T14:02+02:00")
    code, out, err = ended(start, CONFIG, "EURUSD_otc", *wishes)
    names, *rows = out.splitlines()
    assert code == 0
    assert names == "time,open,high,low,close,volume"
    assert len(rows) == 200
    assert rows[-1].startswith("1769860500,")  # 2026-01-31T11:55Z, the last whole bar
    assert [line.partition("PRACTICE ")[2][:20] for line in err.splitlines()] == ["NOTHING HERE IS REAL"]


def test_a_file_holds_them_all_and_one_sentence_tells_so(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "candles.jsonl"
    wishes = ("--count", "3", "--end", "2026-01-31T12:00", "--output", file)
    code, out, err = ended(start, CONFIG, "#AAPL", *wishes)
    assert (code, out) == (0, "")
    assert [json.loads(line)["time"] for line in file.read_text().splitlines()] == [
        1769860620,
        1769860680,
        1769860740,
    ]
    assert err.splitlines()[-1] == f"3 candles of #AAPL, 2026-01-31 11:57 to 2026-01-31 11:59: {file}"


def test_an_asset_that_is_not_listed_is_misuse(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    code, _, err = ended(start, CONFIG, "NOSUCH_otc", "--output", file)
    assert code == 2
    assert err.splitlines()[-1] == "the venue lists no asset 'NOSUCH_otc'"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([str(CONFIG)], "required: ASSET"),
        ([str(CONFIG), "A", "--period", "0"], "'0' is not one or more whole seconds"),
        ([str(CONFIG), "A", "--period", "soon"], "'soon' is not a duration"),
        ([str(CONFIG), "A", "--count", "0"], "'0' is not a number from 1 to 100000"),
        ([str(CONFIG), "A", "--count", "many"], "'many' is not a number from 1 to 100000"),
        ([str(CONFIG), "A", "--end", "today"], "'today' is not a time such as 2026-01-31T12:00"),
        ([str(CONFIG), "A", "--output", "candles.doc"], "candles.doc must end in .csv, .jsonl, .parquet"),
        ([str(CONFIG), "A", "--output", "no/such/a.csv"], f"{Path('no/such')} is no folder"),
    ],
)
def test_a_bad_argument_is_refused_with_a_sentence(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_configuration_that_is_not_there_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missing.yaml", "A"]) == 2
    assert capsys.readouterr().err == "missing.yaml: does not exist\n"


def test_a_refused_session_ends_with_3(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "venue.yaml"
    with PracticeExchange() as exchange:
        region = f"{{name: here, url: '{exchange.regions[0].url}'}}"
        account = "account: {session: '${POCKET_OPTION_SSID}'}"
        pause = "reconnect: {refusal_delay: 50ms}"
        file.write_text(f"{account}\n{pause}\nregions: {{demo: [{region}]}}\n")
        code, _, err = ended(start, file, "EURUSD_otc", session=STRANGER)
    assert code == 3
    assert "session" in err.splitlines()[-1]
    assert "c4n4ry" not in err


def test_a_signal_ends_it_with_130_and_leaves_no_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    endless = ("--count", "100000", "--output", file)
    process = start(CONFIG, "EURUSD_otc", *endless, module="runtime.candles")
    assert process.stderr is not None
    assert "NOTHING HERE IS REAL" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_a_bar_shows_how_far_it_is() -> None:
    import pty  # noqa: PLC0415  # not there on Windows

    ours, theirs = pty.openpty()
    environment = os.environ | {"POCKET_OPTION_SSID": "", "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "runtime.candles", str(CONFIG), "EURUSD_otc", "--count", "450"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        out, _ = process.communicate(timeout=DEADLINE)
        shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert out.count(b"\n") == 451
    assert "EURUSD_otc \x1b" in shown
    assert "━" in shown
    assert "450" in shown
    assert "ETA" in shown


def stopped_halfway(start: Start, number: int, unfinished: Path, *arguments: str | Path) -> tuple[int, str]:
    """By this signal, once a first step is on the disk; the exit code, and what it said."""
    process = start(*arguments, module="runtime.candles")
    give_up_at = time.monotonic() + DEADLINE
    while not unfinished.exists():
        assert process.poll() is None
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_an_export_that_was_killed_is_gone_on_with(start: Start, tmp_path: Path) -> None:
    wishes = ("--count", "5000", "--end", "2026-01-31T12:00", "--output")
    whole, file = tmp_path / "whole.csv", tmp_path / "candles.csv"
    unfinished = tmp_path / ".candles.csv.unfinished"
    assert ended(start, CONFIG, "EURUSD_otc", *wishes, whole)[0] == 0
    stopped_halfway(start, signal.SIGKILL, unfinished, CONFIG, "EURUSD_otc", *wishes, file)
    assert not file.exists()
    code, _, err = ended(start, CONFIG, "EURUSD_otc", *wishes, file)
    assert code == 0
    assert "of 5000 candles, up to 2026-01-31 11:59, of an export that was interrupted" in err
    assert file.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["candles.csv", "whole.csv"]


def test_another_export_into_a_file_and_a_fresh_one_begin_anew(start: Start, tmp_path: Path) -> None:
    file, unfinished = tmp_path / "candles.csv", tmp_path / ".candles.csv.unfinished"
    wishes = ("--end", "2026-01-31T12:00", "--output", file)
    five_thousand = (CONFIG, "EURUSD_otc", "--count", "5000", *wishes)
    code, err = stopped_halfway(start, signal.SIGINT, unfinished, *five_thousand)
    assert code == 130
    assert "of 5000 candles are kept: the same command goes on" in err
    other = ended(start, CONFIG, "EURUSD_otc", "--count", "3", *wishes)  # another export into the same file
    assert other[0] == 0
    assert "interrupted" not in other[2]
    assert not unfinished.exists()
    stopped_halfway(start, signal.SIGINT, unfinished, CONFIG, "EURUSD_otc", "--count", "2000", *wishes)
    code, _, err = ended(start, CONFIG, "EURUSD_otc", "--count", "2000", *wishes, "--fresh")
    assert code == 0
    assert "interrupted" not in err
    assert file.read_bytes().count(b"\n") == 2001
