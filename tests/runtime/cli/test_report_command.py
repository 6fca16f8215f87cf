"""``tellwire report``: files out, clear words, and nothing of a user overwritten."""

import json
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from runtime.cli.report_command import main
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.doubles.reported_orders import closed

Capture = pytest.CaptureFixture[str]
ACCOUNT = JournalAccount("pocketoption", "demo", "8675309")
NOW = time.time()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "orders.sqlite"
    with closing(SqliteJournal(path, ACCOUNT)) as journal:
        journal.write([closed("a", "0.92", at=NOW - 86_400), closed("b", "-1", at=NOW - 600)])
    return path


def report(*arguments: str | Path) -> int:
    return main([*map(str, arguments)], "tellwire report")


def test_it_writes_the_page_and_says_what_came_of_it(journal: Path, capsys: Capture) -> None:
    assert report(journal) == 0
    out, err = capsys.readouterr()
    assert out == "tellwire-report.html: 2 orders, 2 deals with a result, -0.08 USD (demo)\n"
    assert err == ""
    page = Path("tellwire-report.html").read_text(encoding="utf-8")
    assert "DEMO: practice money" in page
    assert "8675309" in page
    assert report(journal) == 0  # over its own page


def test_an_anonymous_page_has_neither_account_nor_ids(journal: Path) -> None:
    assert report(journal, "--anonymous") == 0
    page = Path("tellwire-report.html").read_text(encoding="utf-8")
    assert "8675309" not in page
    assert "deal-a" not in page


def test_figures_are_printed_or_written(journal: Path, capsys: Capture) -> None:
    assert report(journal, "--json", "-", "--csv", "figures.csv", "--utc") == 0
    [money] = json.loads(capsys.readouterr().out)["results"]
    assert Decimal(money["total"]["profit"]) == Decimal("-0.08")
    assert Path("figures.csv").read_text().startswith("account,currency,by,key,deals")
    assert not Path("tellwire-report.html").exists()
    assert report(journal, "--json", "-", "--csv", "-") == 2


def test_days_are_those_that_were_asked_for(journal: Path, capsys: Capture) -> None:
    today = time.strftime("%Y-%m-%d", time.localtime(NOW - 540))
    assert report(journal, "--since", today, "--until", today, "--json", "-") == 0
    [money] = json.loads(capsys.readouterr().out)["results"]
    assert [day["key"] for day in money["days"]] == [today]


def test_nothing_else_is_overwritten(journal: Path, capsys: Capture) -> None:
    Path("orders.csv").write_text("id,state\n")
    assert report(journal, "--csv", "orders.csv") == 1
    assert "orders.csv is there and is no report of tellwire: name another file" in capsys.readouterr().err
    assert Path("orders.csv").read_text() == "id,state\n"
    with pytest.raises(SystemExit, match="2"):
        report(journal, "--html", journal)
    assert "must end in .html or .htm" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(journal: Path, capsys: Capture) -> None:
    assert report(journal, "--html", "missing/page.html") == 1
    assert "missing/page.html cannot be written: No such file or directory" in capsys.readouterr().err


def test_an_empty_journal_is_said_to_be_empty(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "empty.sqlite"
    with closing(SqliteJournal(path, ACCOUNT)):
        pass
    page = tmp_path / "page.html"
    assert report(path, "--html", page) == 0
    assert "0 orders, no deal with a result" in capsys.readouterr().out
    assert "No order is in it yet." in page.read_text(encoding="utf-8")


def test_what_cannot_be_read_makes_no_report(journal: Path, capsys: Capture) -> None:
    journal.write_bytes(journal.read_bytes().replace(b"EURUSD_otc", b"EURUSD_utc"))
    assert report(journal) == 1
    assert "no report was made: the journal" in capsys.readouterr().err
    assert not Path("tellwire-report.html").exists()
    assert report(journal.parent / "no.yaml") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "is no date such as 2026-11-30"),
        (("--since", "2026-12-02", "--until", "2026-12-01"), "--since is after --until"),
    ],
)
def test_bad_arguments_are_named(
    journal: Path, capsys: Capture, arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        report(journal, *arguments)
    assert words in capsys.readouterr().err


def test_a_recording_that_is_none_is_named(journal: Path, capsys: Capture) -> None:
    assert report(journal, "--recording", journal.parent) == 1
    assert "has no recording: no file *.jsonl.zst" in capsys.readouterr().err
