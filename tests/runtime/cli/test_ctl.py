"""The operator's command line, against a real runtime; in processes of its own where that matters."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.errors import RuntimeHung
from actors.messages import ConnectionDown, ConnectionUp, Subscribe
from runtime import Runtime, attach
from runtime.config import load
from runtime.ctl import main
from runtime.practice import PracticeExchange
from tests.frozen_process import freeze
from tests.journeys.journey import DEADLINE, Notebook, status_of
from tests.runtime.cli.conftest import venue

ROOT = Path(__file__).resolve().parents[3]
Capture = pytest.CaptureFixture[str]


def ctl(*arguments: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "runtime.ctl", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"POCKET_OPTION_SSID": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_status_is_a_table(file: Path, runtime: Runtime, capsys: Capture) -> None:
    notebook = Notebook()
    runtime.router.tell(Subscribe("tick.", to=notebook))
    assert notebook.wait(lambda book: len(book.ticks()) > 40)  # two of its accounts of itself
    assert main([str(file), "status"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "PRACTICE EXCHANGE" in out
    assert re.search(r"^connection-1 ", out, re.MULTILINE)
    assert re.search(r"^EURUSD_otc +live .* file +-$", out, re.MULTILINE)
    assert "balance 10,000.00" in out


def test_a_status_that_is_piped_is_as_wide_as_its_content(file: Path, runtime: Runtime) -> None:
    with ctl(file, "status") as process:
        out, err = process.communicate(timeout=2 * DEADLINE)
    assert (process.returncode, err) == (0, "")
    heads = [line.split() for line in out.splitlines() if line.startswith(("CONNECTION ", "STREAM"))]
    assert (heads[1][-5:], heads[0][-2:]) == (["WORKER", "IN", "OUT", "LAST", "ERROR"], ["LAST", "GAP"])
    assert "…" not in out
    assert [line for line in out.splitlines() if line != line.rstrip()] == []


def test_status_in_json_is_one_object(file: Path, runtime: Runtime, capsys: Capture) -> None:
    assert main([str(file), "status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert set(status["reload"]) >= {"reloads", "last_at", "last_outcome", "problems"}
    assert {"connections", "workers", "streams", "limiter", "batcher", "desk", "router"} <= set(status)


def test_a_halt_and_its_end_are_confirmed(file: Path, runtime: Runtime, capsys: Capture) -> None:
    for command in (["halt", "lunch", "time"], ["resume"], ["resume", "--json"]):
        assert main([str(file), *command]) == 0
        assert status_of(runtime).desk.halted == ("lunch time" if command[0] == "halt" else None)
    assert capsys.readouterr().out.splitlines() == [
        "no order is sent from now on",
        "orders are sent again",
        '{"done":"orders were not halted"}',
    ]


def test_the_topics_are_listed_without_a_runtime(file: Path, capsys: Capture) -> None:
    assert main([str(file), "topics"]) == 0
    assert "tick.ASSET            Tick(asset, time, price, received_at)" in capsys.readouterr().out
    assert main([str(file), "topics", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    (closed,) = (each for each in listed["topics"] if each["topic"] == "order.closed")
    assert closed["fields"] == {"deal": "Deal"}
    assert listed["values"]["Deal"]["profit"] == "Decimal | None"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no device that is full")
@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["topics"], ["balance"], ["orders"]])
def test_an_answer_on_a_full_disk_is_told_by_the_exit_code(
    file: Path, runtime: Runtime, arguments: list[str]
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "runtime.ctl", str(file), *arguments],
            cwd=ROOT,
            env=os.environ | {"POCKET_OPTION_SSID": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.endswith("standard output cannot be written (No space left on device)\n")
    assert "Traceback" not in done.stderr


def test_events_of_a_topic_that_no_event_has_are_refused(
    file: Path, runtime: Runtime, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file), "events", "order.opend"]) == 1
    assert capfd.readouterr().err == "no event has the topic 'order.opend' (did you mean order.opened?)\n"


def test_streams_come_and_go(file: Path, runtime: Runtime, capsys: Capture) -> None:
    assert main([str(file), "subscribe", "AUDCAD_otc", "--period", "5m"]) == 0
    assert "AUDCAD_otc streams on connection-" in capsys.readouterr().out
    assert main([str(file), "unsubscribe", "AUDCAD_otc"]) == 0
    assert main([str(file), "unsubscribe", "AUDCAD_otc"]) == 1
    assert "AUDCAD_otc" in capsys.readouterr().err


def test_what_the_runtime_refuses_is_said_on_stderr(file: Path, runtime: Runtime, capsys: Capture) -> None:
    assert main([str(file), "subscribe", "NOPE"]) == 1
    assert capsys.readouterr() == ("", "the venue lists no asset 'NOPE'\n")


def test_a_reload_says_what_has_changed_or_why_nothing_has(
    file: Path, runtime: Runtime, capsys: Capture
) -> None:
    assert main([str(file), "reload"]) == 0
    assert capsys.readouterr() == ("nothing has changed\n", "")
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "health: {stale_after: 20s}\n", encoding="utf-8")
    assert main([str(file), "reload"]) == 0
    assert "health.stale_after" in capsys.readouterr().out
    assert main([str(file), "reload"]) == 0
    told = r"nothing has changed since \d\d:\d\d:\d\d, when health.stale_after took effect\n"
    assert re.fullmatch(told, capsys.readouterr().out)
    file.write_text(text + "health: {stale_after: soon}\n", encoding="utf-8")
    assert main([str(file), "reload"]) == 1
    assert f"{file}:" in capsys.readouterr().err


def test_a_living_connection_is_started_anew(file: Path, runtime: Runtime, capsys: Capture) -> None:
    notebook = Notebook()
    runtime.router.tell(Subscribe("connection.", to=notebook))
    assert main([str(file), "restart", "connection-1"]) == 0
    assert capsys.readouterr().out == "connection-1 restarts\n"
    assert notebook.first(ConnectionDown, connection="connection-1").reason == "stopped"
    notebook.first(ConnectionUp, connection="connection-1", epoch=2)
    assert main([str(file), "restart", "connection-9"]) == 1
    assert "connection-9" in capsys.readouterr().err


def test_what_was_given_up_is_started_anew(
    file: Path, start_runtime: Callable[..., Runtime], exchange: PracticeExchange
) -> None:
    exchange.fault("refuse_sessions")
    journal = f"orders: {{journal: {file.parent / 'journal.sqlite'}}}\n"
    pool = "pool: {workers: 0, connections: 1}\nreconnect: {refusal_delay: 50ms, jitter: false}\n"
    venue(file, exchange.session, [region.url for region in exchange.regions], journal + pool)
    runtime, notebook = start_runtime(load(file)), Notebook()
    runtime.router.tell(Subscribe("connection.up", to=notebook))
    assert runtime.wait(DEADLINE)
    exchange.calm("refuse_sessions")
    assert main([str(file), "restart", "connection-1"]) == 0
    notebook.first(ConnectionUp, connection="connection-1")


def test_a_file_broken_meanwhile_does_not_lock_the_operator_out(
    file: Path, runtime: Runtime, capsys: Capture
) -> None:
    file.write_text("nonsense: 1\n")
    assert main([str(file), "halt"]) == 0


def test_help_names_every_exit_code(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split()).split("exit codes: ")[1]
    assert re.findall(r"(?:^|, )(\d+) ", told) == ["0", "1", "2", "4", "5", "6", "74", "130"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["status"], 4), (["drain"], 4), (["nonsense"], 2), ([], 2), (["subscribe", "A", "--period", "x"], 2)],
)
def test_without_a_runtime_or_a_command_the_exit_code_tells(
    file: Path, capsys: Capture, arguments: list[str], code: int
) -> None:
    try:
        got = main([str(file), *arguments])
    except SystemExit as ended:  # argparse's way
        got = int(str(ended.code))
    assert got == code
    err = capsys.readouterr().err
    if code == 4:
        assert re.fullmatch(r"no runtime is running: nothing answers at \S+\.sock \(.+\)\n", err)


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be stopped there")
def test_a_runtime_that_stands_still_is_not_called_absent(file: Path, capsys: Capture) -> None:
    command = [sys.executable, "-m", "runtime.main", str(file), "--output", "json"]
    environment = os.environ | {"POCKET_OPTION_SSID": ""}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert any('"ConnectionUp"' in line for line in program.stdout)
            freeze(program.pid)
            assert main([str(file), "halt"]) == 5
            told = capsys.readouterr().err
            assert re.fullmatch(
                r"a runtime .*holds \S+\.sock, but does not answer: it is stopped or hangs\n", told
            )
            if sys.platform == "linux":
                assert f"(pid {program.pid})" in told
            with pytest.raises(RuntimeHung):
                attach(file, timeout=0.1)
        finally:
            program.kill()


def test_an_invalid_file_is_misuse(file: Path, capsys: Capture) -> None:
    file.write_text("nonsense: 1\n")
    assert main([str(file), "status"]) == 2
    assert capsys.readouterr().err.startswith(f"{file}:1:1: nonsense: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_events_are_followed_line_by_line_until_ctrl_c(file: Path, runtime: Runtime) -> None:
    with ctl(file, "events", "tick.EURUSD_otc") as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert {(line["event"], line["asset"]) for line in lines} == {("Tick", "EURUSD_otc")}
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (0, "")


def test_a_reader_of_events_may_leave(file: Path, runtime: Runtime) -> None:
    with ctl(file, "events") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == ""


def test_a_drain_returns_when_a_whole_program_has_ended(file: Path) -> None:
    command = [sys.executable, "-m", "runtime.main", str(file), "--output", "json"]
    environment = os.environ | {"POCKET_OPTION_SSID": ""}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert any('"ConnectionUp"' in line for line in program.stdout)
        drain = ctl(file, "drain")
        out, err = drain.communicate(timeout=20)
        assert (drain.returncode, out, err) == (0, "the runtime has ended\n", "")
        _, log = program.communicate(timeout=DEADLINE)
    assert program.returncode == 0
    assert "stopping, because an operator asked for it" in log
