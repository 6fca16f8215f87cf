"""The command line, in processes of its own, up to its exit codes."""

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.cli.exit_codes import ExitCode
from runtime.main import main
from runtime.practice import PracticeExchange
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 20.0

CANARY = "c4n4ry" * 4
STRANGER = f'42["auth",{{"session":"{CANARY}","isDemo":1,"uid":12345678,"platform":2}}]'

Start = Callable[..., "subprocess.Popen[str]"]


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=DEADLINE)
    return process.returncode, out, err


def events(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def until(process: "subprocess.Popen[str]", name: str) -> dict[str, Any]:
    return next(event for event in events(process) if event["event"] == name)


@pytest.fixture
def venue(tmp_path: Path) -> Callable[..., Path]:
    """Writes a configuration whose one demo region is ``url``, with every line of log that there is."""

    def write(url: str, more: str = "") -> Path:
        file = tmp_path / "venue.yaml"
        file.write_text(
            "config_version: 1\n"
            "account: {session: '${POCKET_OPTION_SSID:-}'}\n"
            f"regions: {{demo: [{{name: here, url: '{url}'}}]}}\n"
            "streams: [{asset: EURUSD_otc}]\n"
            "log: {level: TRACE}\n" + more
        )
        return file

    return write


def test_json_output_is_a_line_per_event_and_a_summary_as_the_last(start: Start, shipped: Path) -> None:
    streams = {"EURUSD_otc", "GBPUSD_otc", "AUDCAD_otc", "#AAPL_otc"}
    process = start(shipped, "--practice", "--output", "json")
    told: list[dict[str, Any]] = []
    for event in events(process):
        told.append(event)
        if {event["asset"] for event in told if event["event"] == "Tick"} == streams:
            break
    process.send_signal(signal.SIGINT)
    told += events(process)
    code, _, err = ended(process)
    *told, summary = told
    ticks = [event for event in told if event["event"] == "Tick"]
    assert code == 0
    assert set(ticks[0]) == {"event", "asset", "time", "price", "received_at"}
    assert summary["event"] == "Summary"
    assert summary["ticks"] == len(ticks)
    assert summary["events"] == len(told) - len(ticks)
    assert summary["duration"] > 0
    assert set(summary["streams"]) == streams
    assert sum(stream["ticks"] for stream in summary["streams"].values()) == len(ticks)
    assert {"event": "AssetsListed", "count": 183} in told
    assert "NOTHING HERE IS REAL" in err


def test_log_output_says_that_it_is_practice_and_tells_what_happens_in_lines(
    start: Start, shipped: Path
) -> None:
    code, out, err = ended(start(shipped, "--duration", "5s"))
    lines = err.splitlines()
    assert code == 0
    assert out == ""
    assert "PRACTICE NOTHING HERE IS REAL" in lines[0]
    assert "POCKET_OPTION_SSID" in lines[0]
    assert any(line.endswith("INFO     connection-1 is up in PRACTICE-1") for line in lines)
    assert any("stopping, because the time is up" in line for line in lines)
    assert any("INFO     connection-1 is closed" in line for line in lines)
    assert re.search(r"EURUSD_otc: [1-9][0-9]* ticks, last price 1\.[01]", lines[-4])


def test_logs_for_programs_are_a_json_object_per_line(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "json.yaml"
    file.write_text("config_version: 1\nlog: {json_lines: true}\n")
    _, _, err = ended(start(file, "--duration", "100ms"))
    first, *_ = lines = [json.loads(line) for line in err.splitlines()]
    assert first["level"] == "PRACTICE"
    assert "stopping, because the time is up" in {line["message"] for line in lines}


def test_a_broken_configuration_starts_nothing_and_names_every_problem(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("config_version: 1\npool: {connections: -1, wrokers: 2}\n")
    code, out, err = ended(start(file))
    assert code == 2
    assert out == ""
    assert [line.split(": ")[0] for line in err.splitlines()] == [f"{file}:2:21", f"{file}:2:25"]
    assert "did you mean workers?" in err


def test_a_journal_that_another_runtime_holds_is_named_in_one_line(start: Start, tmp_path: Path) -> None:
    journal, file = tmp_path / "orders.sqlite", tmp_path / "second.yaml"
    file.write_text(f"config_version: 1\norders: {{journal: '{journal}'}}\n")
    with contextlib.closing(SqliteJournal(journal, JournalAccount.practice("pocketoption"))):
        code, _, err = ended(start(file, "--practice"))
    assert code == ExitCode.IN_USE
    [line] = err.splitlines()
    assert line.endswith(
        f"ERROR    the journal {journal} is in use by another runtime (pid {os.getpid()}): operate that one"
        " (tellwire ctl), attach to it, or set another orders.journal"
    )


def test_a_missing_file_is_named(start: Start) -> None:
    assert ended(start("missing.yaml")) == (2, "", "missing.yaml: does not exist\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "CONFIG, the YAML file, is missing"),
        (["x.yaml", "--duration", "soon"], "'soon' is not a duration"),
        (["x.yaml", "--live", "--practice"], "not allowed with argument"),
    ],
    ids=["no file", "duration", "both venues"],
)
def test_arguments_that_cannot_work_end_with_2_and_a_reason(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err


def test_live_without_a_session_is_refused(start: Start, shipped: Path) -> None:
    code, out, err = ended(start(shipped, "--live"))
    assert (code, out) == (2, "")
    assert err.startswith(f"{shipped}: account.session: is not set (put ")
    assert "POCKET_OPTION_SSID" in err
    assert main([str(shipped), "--live", "--check"]) == 2


def test_a_variable_of_blanks_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shipped: Path
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", " \t ")
    assert main([str(shipped), "--live"]) == 2
    assert "account.session: is empty: POCKET_OPTION_SSID holds only blanks (put " in capsys.readouterr().err


def test_live_names_an_empty_session_in_the_file_as_the_reason_where_the_variable_is_set(
    start: Start, tmp_path: Path
) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("account: {session: ''}\n")
    code, _, err = ended(start(file, "--live", session=STRANGER))
    assert code == 2
    assert "is empty, so that POCKET_OPTION_SSID, which is set, is not used" in err


def test_a_file_without_a_session_uses_that_of_the_environment_and_does_not_practise(
    start: Start, tmp_path: Path
) -> None:
    with PracticeExchange() as exchange:
        file = tmp_path / "silent.yaml"
        file.write_text(f"regions: {{demo: [{{name: here, url: '{exchange.regions[0].url}'}}]}}\n")
        process = start(file, "--output", "json", session=exchange.session)
        up = until(process, "ConnectionUp")
        process.send_signal(signal.SIGINT)
        _, _, err = ended(process)
    assert up["region"] == "here"
    assert "NOTHING HERE IS REAL" not in err


def test_check_says_that_a_file_is_valid(capsys: pytest.CaptureFixture[str], shipped: Path) -> None:
    assert main([str(shipped), "--check"]) == 0
    assert capsys.readouterr() == (f"{shipped} is valid\n", "")


def test_print_schema_needs_no_file(start: Start) -> None:
    assert ended(start("--print-schema")) == (0, (ROOT / "configs" / "schema.json").read_text(), "")


def test_print_config_shows_defaults_but_no_session(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shipped: Path
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", STRANGER)
    assert main([str(shipped), "--print-config"]) == 0
    out, _ = capsys.readouterr()
    assert "drain_timeout: 5s" in out
    assert CANARY not in out


def test_a_session_of_a_wrong_form_is_refused_and_not_repeated(start: Start, shipped: Path) -> None:
    code, out, err = ended(start(shipped, session=CANARY))
    assert code == 2
    assert re.fullmatch(rf"{re.escape(str(shipped))}:[0-9]+:12: account\.session: .*\n", err)
    assert CANARY not in out + err


@pytest.fixture
def patient(tmp_path: Path, shipped: Path) -> Path:
    """The shipped file with more time for a drain than a test waits: a stop that used it up would fail."""
    file = tmp_path / "patient.yaml"
    text = shipped.read_text("utf-8")
    assert "drain_timeout: 5s " in text
    file.write_text(text.replace("drain_timeout: 5s ", "drain_timeout: 5m "), "utf-8")
    return file


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_and_ends_cleanly(start: Start, patient: Path, number: signal.Signals) -> None:
    process = start(patient, "--output", "json")
    until(process, "Tick")
    process.send_signal(number)
    *_, last = events(process)
    code, _, err = ended(process)
    assert code == 0
    assert last["event"] == "Summary"
    assert "stopping, because a signal asked for it" in err
    assert "the runtime has stopped after" in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach no group there")
def test_a_hangup_of_the_whole_group_reloads_and_costs_no_connection(start: Start, tmp_path: Path) -> None:
    process = start(_with_two_workers(tmp_path), "--output", "json")
    until(process, "Tick")
    os.killpg(process.pid, signal.SIGHUP)
    assert process.stderr is not None
    assert any("nothing has changed" in line for line in process.stderr)
    ticks = itertools.islice((event for event in events(process) if event["event"] == "Tick"), 50)
    assert len(list(ticks)) == 50
    os.killpg(process.pid, signal.SIGTERM)
    *_, last = events(process)
    code, _, err = ended(process)
    assert (code, last["restarts"], last["gaps"]) == (0, 0, 0)
    assert err.count("worker-") == err.count("INFO     worker-"), err


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach no group there")
def test_workers_that_are_signalled_with_the_group_drain_politely(start: Start, tmp_path: Path) -> None:
    """As systemd does by default."""
    process = start(_with_two_workers(tmp_path), "--output", "json")
    for _ in range(4):
        until(process, "ConnectionUp")
    os.killpg(process.pid, signal.SIGTERM)
    reasons = [event["reason"] for event in events(process) if event["event"] == "ConnectionDown"]
    assert (ended(process)[0], set(reasons)) == (0, {"stopped"})
    assert len(reasons) == 4


def _with_two_workers(folder: Path) -> Path:
    file = folder / "two-workers.yaml"
    file.write_text(
        "pool: {workers: 2, connections: 4}\nstreams: [{asset: EURUSD_otc}]\npractice: {tick_rate: 50/s}\n"
        "control: {enabled: false}\n"
    )
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be frozen there")
def test_a_second_signal_ends_at_once(start: Start, patient: Path) -> None:
    process = start(patient, "--output", "json")
    worker = until(process, "WorkerUp")["pid"]
    os.kill(worker, signal.SIGSTOP)  # so that the drain takes all of its time
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any("closing the connections" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == 130


def test_a_reader_that_leaves_ends_the_run_cleanly(start: Start, shipped: Path) -> None:
    process = start(shipped, "--output", "json")
    until(process, "Tick")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    code, _, err = ended(process)
    assert code == 0
    assert "nobody reads the output any more" in err
    assert "Traceback" not in err


def test_a_table_that_goes_into_a_pipe_is_the_log(start: Start, shipped: Path) -> None:
    code, out, err = ended(start(shipped, "--output", "table", "--duration", "3s"))
    assert (code, out) == (0, "")
    assert "standard output is no terminal that a table can be drawn on: this is the log" in err
    assert "connection-1 is up" in err


def test_print_schema_does_not_mind_a_reader_that_leaves(start: Start) -> None:
    process = start("--print-schema")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    code, _, err = ended(process)
    assert (code, err) == (0, "")


def test_a_refused_session_ends_with_3_and_is_shown_nowhere(start: Start, venue: Callable[..., Path]) -> None:
    with PracticeExchange() as exchange:
        file = venue(exchange.regions[0].url, "reconnect: {refusal_delay: 100ms}\n")
        code, out, err = ended(start(file, "--live", "--output", "json", session=STRANGER))
    assert code == 3
    assert "POCKET_OPTION_SSID" in err
    assert "or refuses everybody at the moment" in err
    assert "NOTHING HERE IS REAL" not in err
    assert json.loads(out.splitlines()[-1])["event"] == "Summary"
    assert CANARY not in out + err


def test_a_session_that_the_venue_knows_is_used_and_shown_nowhere(
    start: Start, venue: Callable[..., Path]
) -> None:
    with PracticeExchange() as exchange:
        process = start(venue(exchange.regions[0].url), "--output", "json", session=exchange.session)
        until(process, "Tick")
        process.send_signal(signal.SIGINT)
        code, out, err = ended(process)
    assert code == 0
    assert "NOTHING HERE IS REAL" not in err
    assert json.loads(exchange.session[2:])[1]["session"] not in out + err


def test_what_nothing_can_mend_ends_with_70(start: Start, venue: Callable[..., Path]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}/socket.io/?EIO=4&transport=websocket"
        file = venue(url, "reconnect: {max_reconnect_attempts: 1, reconnect_delay: 10ms}\n")
        code, _, err = ended(start(file, session=STRANGER))
    assert code == 70
    assert "the runtime has failed" in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_there_is_a_table_and_the_cursor_comes_back(shipped: Path) -> None:
    import pty  # noqa: PLC0415  # not there on Windows

    ours, theirs = pty.openpty()
    environment = os.environ | {"POCKET_OPTION_SSID": "", "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    command = [sys.executable, "-m", "runtime.main", str(shipped), "--duration", f"{DEADLINE}s"]
    shown = ""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        for part in iter(lambda: _read(ours), b""):
            before, shown = shown, shown + part.decode(errors="replace")
            if (row := re.compile(r"EURUSD_otc.*live.*1\.[01]")).search(shown) and not row.search(before):
                process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
    os.close(ours)
    assert "PRACTICE EXCHANGE" in shown
    assert "because a signal asked for it" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") > 0


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the last process has closed its side
        return b""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_what_was_not_foreseen_ends_with_70_and_its_trace_in_the_log(shipped: Path) -> None:
    command = f"ulimit -n 6; exec '{sys.executable}' -m runtime.main '{shipped}'"
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env=os.environ | {"POCKET_OPTION_SSID": ""},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 70
    assert "CRITICAL an unexpected error: report this with the log\n    | Traceback" in done.stderr
    assert "    | OSError: [Errno 24] Too many open files" in done.stderr


@pytest.mark.parametrize(
    ("options", "line"),
    [([], "every order will be refused"), (["--live"], "the session is live and orders are allowed")],
)
def test_the_option_live_allows_the_orders_of_a_live_session(
    start: Start, tmp_path: Path, options: list[str], line: str
) -> None:
    with PracticeExchange() as exchange:
        file = tmp_path / "live.yaml"
        file.write_text(
            f"regions: {{live: [{{name: here, url: '{exchange.regions[0].url}'}}]}}\n"
            f"orders: {{journal: '{tmp_path / 'orders.sqlite'}'}}\n"
        )
        session = exchange.session.replace('"isDemo":1', '"isDemo":0')
        process = start(file, *options, "--duration", "15s", "--output", "log", session=session)
        assert process.stderr is not None
        err = "".join(itertools.takewhile(lambda line: "is up in here" not in line, process.stderr))
        process.send_signal(signal.SIGINT)
        code, _, rest = ended(process)
    assert code == 0, err + rest
    assert err.count(line) == 1
