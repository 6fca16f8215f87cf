"""The live table on a real terminal: keys, and a terminal that is as before at every end."""

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.messages import GetStatus, Halt, PlaceOrder
from runtime import Runtime, attach
from runtime.config import load

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.doubles.terminal_session import TerminalSession
from tests.system_programs import program

PROGRAM = [sys.executable, "-m", "tellwire"]
DEADLINE = 15.0
ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def file(tmp_path: Path, place: Path) -> Path:
    file = tmp_path / "table.yaml"
    file.write_text(
        "pool: {workers: 0, connections: 1}\nstreams: [{asset: EURUSD_otc}]\npractice: {tick_rate: 20/s}\n"
        f"control: {{socket: '{place}'}}\n"
    )
    return file


def restored(session: TerminalSession) -> bool:
    """Whether cursor, screen and wrapping are as before, and nothing of a picture came after that."""
    shown = session.shown.decode(errors="replace")
    taken, given = shown.rfind(ENTERED), shown.rfind(LEFT)
    after = shown[given + len(LEFT) :]
    return (
        0 <= taken < given
        and all(shown.rfind(f"\x1b[?{on}h") > shown.rfind(f"\x1b[?{on}l") for on in (25, 7))
        and "\x1b[?2026h" not in after
    )


def test_q_ends_a_run_and_the_terminal_is_as_before_with_the_log_on_it(file: Path) -> None:
    with TerminalSession([*PROGRAM, "run", file]) as session:
        before = session.modes
        assert session.echoes
        session.read("live")
        assert not session.echoes
        here = session.read("balance")
        session.press("\r\r\r")
        session.read("EURUSD_otc", since=here)
        session.press("q")
        assert session.wait() == 0
        assert session.modes == before
        assert restored(session)
        after = session.shown.decode().rpartition(LEFT)[2]
        assert re.search(r"INFO +connection-1 is up", after)
        assert "because an operator asked for it" in after
        assert b"\n" not in session.shown.partition(ENTERED.encode())[2].partition(LEFT.encode())[0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGQUIT, -signal.SIGQUIT)])
def test_a_signal_leaves_the_terminal_as_it_was(number: signal.Signals, code: int, file: Path) -> None:
    with TerminalSession([*PROGRAM, "run", file]) as session:
        before = session.modes
        session.read("live")
        session.process.send_signal(number)
        assert session.wait() == code
        assert session.modes == before
        assert restored(session)


FAILS = """
import sys
from runtime.cli.output import table
from runtime.program import main

def fail(*args, **options):
    raise ZeroDivisionError("a defect")

class Stuck(table.LiveTable):
    def refresh(self):
        if self._status and self._status.streams:
            {act}
        super().refresh()

table.LiveTable = Stuck
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("act", "code", "told"),
    [
        ("fail()", 70, "ZeroDivisionError: a defect"),
        ("import signal, time; signal.raise_signal(2); signal.raise_signal(2); time.sleep(9)", 130, ""),
    ],
)
def test_a_defect_or_a_second_ctrl_c_leaves_the_terminal_as_it_was(
    act: str, code: int, told: str, file: Path
) -> None:
    script = FAILS.replace("{act}", act)
    with TerminalSession([sys.executable, "-c", script, "run", file]) as session:
        before = session.modes
        assert session.wait() == code
        assert session.modes == before
        assert restored(session)
        assert told in session.shown.decode().rpartition(LEFT)[2]


def test_a_job_of_a_shell_has_the_terminal_only_in_the_foreground(file: Path) -> None:
    shell = program("bash")
    with TerminalSession([shell, "--norc", "--noediting", "-i"], PS1="ready> ") as session:
        here = session.read("ready> ")
        session.press(f"{sys.executable} -m tellwire run {file} &\n")
        here = session.read("connection-1 is up", since=here)
        session.press("echo at $((40+2))\n")
        here = session.read("at 42", since=here)
        assert ENTERED.encode() not in session.shown
        session.press("fg\n")
        here = session.read("live", since=here)
        assert not session.echoes
        session.press("\x1a")
        here = session.read("ready> ", since=here)
        assert session.echoes
        assert restored(session)
        session.press("echo still $((40+2))\n")
        here = session.read("still 42", since=here)
        session.press("fg\n")
        here = session.read(ENTERED, since=here)
        here = session.read("EURUSD_otc", since=here)
        assert not session.echoes
        session.press("q")
        session.read("ready> ", since=here)
        assert restored(session)


def test_halt_needs_a_second_key_and_resume_too(file: Path, place: Path) -> None:
    with TerminalSession([*PROGRAM, "run", file], size=(120, 40)) as session:
        session.read("live")
        session.press("H")
        here = session.read("y confirms")
        session.press("n")
        with attach(place) as attachment:
            assert attachment.router.ask(GetStatus(), timeout=DEADLINE).desk.halted is None
            session.press("Hy")
            here = session.read("HALTED (a key of the table): no order is sent", since=here)
            assert attachment.router.ask(GetStatus(), timeout=DEADLINE).desk.halted == "a key of the table"
            session.press("Ry")
            session.read("orders are sent again", since=here)
            assert attachment.router.ask(GetStatus(), timeout=DEADLINE).desk.halted is None
        session.press("q")
        assert session.wait() == 0


def test_it_can_be_paused_filtered_enlarged_and_resized(file: Path) -> None:
    with TerminalSession([*PROGRAM, "run", file]) as session:
        session.read("live")
        session.press("/gbp")
        here = session.read("no stream matches the filter")
        session.press("\x1b")
        here = session.read("EURUSD_otc", since=here)
        session.press("3")
        here = session.read("PRIORITY", since=here)
        session.press("\x1b")
        here = session.read("TREND 1 MIN", since=here)
        session.press("p")
        here = session.read("PAUSED", since=here)
        session.resize(120, 50)
        here = session.read("TREND 2 MIN", since=here)  # also in the pause, of what was there then
        frozen = session.shown[here:].count(b"\x1b[?2026h")
        session.press("p")
        here = session.read("pause", since=here)
        session.read("\x1b[2;1H" if frozen else "EURUSD_otc", since=here)
        session.press("?")
        session.read("pause the picture, not the runtime", since=here)
        session.press("q")
        assert session.wait() == 0


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""},
    ],
    ids=lambda variables: next(iter(variables.values())),
)
def test_without_unicode_or_colour_it_is_drawn_with_plain_signs_in_one_colour(
    file: Path, variables: dict[str, str]
) -> None:
    with TerminalSession([*PROGRAM, "run", file], size=(80, 24), NO_COLOR="1", **variables) as session:
        session.read("live")
        session.read("#")  # the last bar of a chart that rises
        session.press("q")
        assert session.wait() == 0
        assert "EURUSD_otc" in session.shown.decode("cp1252")
        assert session.shown.isascii() or variables == {"PYTHONIOENCODING": "cp1252"}
        assert b"UnicodeEncodeError" not in session.shown
        assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|4[0-7]|38|48)[;m]", session.shown)
        assert restored(session)
        assert session.shown.endswith(b"\n")


def colours_on_the_background_of_the_terminal(shown: bytes) -> set[str]:
    """Of text, as parameters of SGR."""
    found = set()
    for parameters in re.findall(rb"\x1b\[([0-9;]+)m", shown):
        colours = re.findall(r"[34]8;5;\d+|(?<!\d)(?:[349]\d|10\d)", parameters.decode())
        if not any(each.startswith(("4", "10")) for each in colours):
            found.update(colours)
    return found


def test_on_a_light_background_no_text_is_pale(file: Path) -> None:
    with TerminalSession([*PROGRAM, "run", file], COLORTERM="") as session:
        session.read("live")
        session.press("q")
        assert session.wait() == 0
    legible = {f"38;5;{number}" for number in (28, 30, 130, 160)}
    shown = colours_on_the_background_of_the_terminal(session.shown)
    assert shown
    assert shown <= legible


def test_on_a_dumb_terminal_it_is_the_log(file: Path) -> None:
    with TerminalSession(
        [*PROGRAM, "run", file, "--output", "table", "--duration", "4s"], TERM="dumb"
    ) as session:
        assert session.wait() == 0
        assert b"\x1b" not in session.shown
        assert b"connection-1 is up" in session.shown
        assert b"no terminal that a table can be drawn on" in session.shown


@pytest.fixture
def runtime(file: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    return start_runtime(load(file))


def test_top_shows_a_running_runtime_with_what_was_before_and_what_comes(
    file: Path, runtime: Runtime
) -> None:
    router = runtime.router
    router.ask(PlaceOrder("EURUSD_otc", 5, "call", 60), timeout=DEADLINE)
    router.ask(Halt("lunch"), timeout=DEADLINE)
    with TerminalSession([*PROGRAM, "top", file]) as session:
        before = session.modes
        session.read("HALTED (lunch)")
        session.read("1 open, stakes 5.00")
        session.read("balance")
        session.press("Ry")
        session.read("orders are sent again")
        router.ask(PlaceOrder("EURUSD_otc", 7, "put", 60), timeout=DEADLINE)
        session.read("2 open, stakes 12.00")
        session.press("q")
        assert session.wait() == 0
        assert session.modes == before
        assert restored(session)
    assert router.ask(GetStatus(), timeout=DEADLINE).desk.open_deals == 2


def test_top_ends_with_the_runtime(file: Path, runtime: Runtime) -> None:
    with TerminalSession([*PROGRAM, "top", str(file)]) as session:
        session.read("live")
        runtime.stop()
        assert session.wait() == 0
        assert restored(session)
        assert "the runtime has ended" in session.shown.decode().rpartition(LEFT)[2]


def test_top_into_a_pipe_is_a_log(file: Path, runtime: Runtime) -> None:
    import subprocess  # noqa: PLC0415

    done = subprocess.run(
        [*PROGRAM, "top", file, "--duration", "1s"],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env=os.environ | {"POCKET_OPTION_SSID": ""},
    )
    assert (done.returncode, done.stdout) == (0, "")
