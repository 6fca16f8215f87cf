"""Streams end with their last owner: the file, the program, an attached process, the operator."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages import (
    StreamConfirmed,
    StreamDropped,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
)
from runtime import Runtime, attach
from runtime.ctl import main
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, exchange_of, status_of

ROOT = Path(__file__).resolve().parents[3]
CONFIGURED, ADDED, THIRD = ASSETS[:3]

CHILD = """
import sys
from runtime import Subscribe, SubscribeTicks, attach

with attach(sys.argv[1]) as attachment:
    for asset in sys.argv[2:]:
        attachment.router.ask(SubscribeTicks(asset), timeout=10)
    print("streams", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=[0, 1], ids=["here", "one worker"])
def file(request: pytest.FixtureRequest, tmp_path: Path, place: Path) -> Path:
    path = tmp_path / "owners.yaml"
    path.write_text(
        f"""
control: {{socket: {place}}}
practice: {{tick_rate: 20}}
pool: {{connections: 1, workers: {request.param}, streams_per_connection: 3}}
limits: {{messages: [1000/s]}}
streams: [{{asset: {CONFIGURED}}}]
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def runtime(file: Path) -> Iterator[Runtime]:
    with Runtime.from_yaml(file) as runtime:
        yield runtime


@pytest.fixture
def heard(runtime: Runtime) -> Notebook:
    book = Notebook()
    ask(runtime, Subscribe(">", to=book))
    return book


def owners(runtime: Runtime) -> dict[str, tuple[str, ...]]:
    return {each.placed.asset: each.placed.owners for each in status_of(runtime).streams}


def start_child(place: Path, *assets: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(place), *assets]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "streams\n"
    return child


def test_an_attached_process_that_is_killed_lets_go_of_what_it_owned(
    runtime: Runtime, heard: Notebook, place: Path
) -> None:
    assert heard.wait(lambda book: bool(book.ticks(CONFIGURED)))
    with start_child(place, CONFIGURED, ADDED) as child:
        name = f"process {child.pid} (peer 1)"
        assert owners(runtime) == {CONFIGURED: ("file", name), ADDED: (name,)}
        with pytest.raises(RequestRefused, match=f"streamed for process {child.pid} .*, not for the program"):
            ask(runtime, UnsubscribeTicks(ADDED))
        child.send_signal(signal.SIGKILL)
    assert heard.first(StreamDropped) == StreamDropped(ADDED, name)
    assert owners(runtime) == {CONFIGURED: ("file",)}
    ledger = exchange_of(runtime).ledger
    assert ledger.wait_until(lambda book: book.count("unsubfor") == 1, DEADLINE)
    assert [event.payload for event in ledger.received("unsubfor")] == [ADDED]
    here = len(heard.ticks(CONFIGURED))
    assert heard.wait(lambda book: len(book.ticks(CONFIGURED)) > here + 5)


def test_nobody_ends_the_stream_of_another(runtime: Runtime, heard: Notebook, place: Path) -> None:
    with attach(place) as attachment:
        router: Any = attachment.router
        for each in (router, runtime.router):
            with pytest.raises(RequestRefused, match=f"{CONFIGURED} is streamed for the file, not for"):
                each.ask(UnsubscribeTicks(CONFIGURED), timeout=DEADLINE)
        router.ask(SubscribeTicks(CONFIGURED), timeout=DEADLINE)
        assert router.ask(UnsubscribeTicks(CONFIGURED), timeout=DEADLINE) == (
            f"{CONFIGURED} streams on for the file"
        )
        ask(runtime, SubscribeTicks(ADDED))
        router.ask(SubscribeTicks(ADDED), timeout=DEADLINE)
        assert ask(runtime, UnsubscribeTicks(ADDED)).startswith(f"{ADDED} streams on for process ")
        assert router.ask(UnsubscribeTicks(ADDED), timeout=DEADLINE) is None
        assert heard.first(StreamDropped).asset == ADDED
    assert heard.wait(lambda book: bool(book.ticks(CONFIGURED)))
    assert len(heard.all(StreamDropped)) == 1


def test_a_reload_lets_go_for_the_file_alone(runtime: Runtime, heard: Notebook, file: Path) -> None:
    ask(runtime, SubscribeTicks(CONFIGURED))
    text = file.read_text("utf-8")
    file.write_text(text.replace(CONFIGURED, THIRD), "utf-8")
    assert runtime.reload() == ["streams"]
    assert heard.first(StreamConfirmed, asset=THIRD)
    assert owners(runtime) == {CONFIGURED: ("program",), THIRD: ("file",)}
    file.write_text(text, "utf-8")
    assert runtime.reload() == ["streams"]
    assert heard.first(StreamDropped) == StreamDropped(THIRD, "file")
    assert owners(runtime) == {CONFIGURED: ("program", "file")}


def test_what_the_operator_subscribes_to_outlives_the_command(
    runtime: Runtime, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file), "subscribe", ADDED]) == 0
    assert owners(runtime)[ADDED] == ("operator",)
    assert main([str(file), "unsubscribe", CONFIGURED]) == 1
    assert "streamed for the file, not for the operator" in capsys.readouterr().err
    ask(runtime, SubscribeTicks(ADDED))
    assert main([str(file), "unsubscribe", ADDED]) == 0
    assert capsys.readouterr().out == f"{ADDED} streams on for the program\n"
    assert ask(runtime, UnsubscribeTicks(ADDED)) is None


def test_a_full_pool_says_who_fills_it(runtime: Runtime, heard: Notebook, place: Path) -> None:
    with attach(place) as attachment:
        for asset in (ADDED, THIRD):
            attachment.router.ask(SubscribeTicks(asset), timeout=DEADLINE)
        with pytest.raises(RequestRefused) as refused:
            ask(runtime, SubscribeTicks(ASSETS[3]))
        assert str(refused.value).startswith("the pool carries 3 streams and is full: process ")
        assert " has 2, the file has 1 (end one, or raise pool.connections)" in str(refused.value)
    assert heard.wait(lambda book: len(book.all(StreamDropped)) == 2)
    assert ask(runtime, SubscribeTicks(ASSETS[3])).asset == ASSETS[3]


@pytest.mark.parametrize("attached", [False, True], ids=["here", "attached"])
def test_a_subscription_has_its_asset_streamed_until_it_ends(
    runtime: Runtime, heard: Notebook, place: Path, *, attached: bool
) -> None:
    with attach(place) as attachment:
        router: Any = attachment.router if attached else runtime.router

        def do(command: Any) -> Any:
            return router.ask(command, timeout=DEADLINE)

        topic, one, other = f"tick.{ADDED}", Notebook(), Notebook()
        assert do(Subscribe(topic, to=one)) == (
            f"{topic}: {ADDED} is not streamed; SubscribeTicks('{ADDED}') starts it, and so does "
            f"Subscribe('{topic}', ..., stream=True)"
        )
        for book in (one, other):
            assert do(Subscribe(topic, to=book, stream=True)) == topic
        assert do(Subscribe(topic, to=[].append)) == topic
        assert one.wait(lambda book: len(book.ticks(ADDED)) > 3)
        assert do(SubscribeTicks(ADDED)).asset == ADDED
        assert do(Unsubscribe(topic, to=one)) is True
        assert do(Unsubscribe(topic, to=other)) is True
        here = len(heard.ticks(ADDED))
        assert heard.wait(lambda book: len(book.ticks(ADDED)) > here + 3), "SubscribeTicks keeps it"
        assert do(Subscribe(topic, to=one, stream=True)) == topic
        assert do(UnsubscribeTicks(ADDED)) is None
        assert do(Subscribe(topic, to=other, stream=True)) == topic
        for book in (one, other):
            assert do(Unsubscribe(topic, to=book)) is True
        assert heard.wait(lambda book: len(book.all(StreamDropped)) == 2)
        for wrong, problem in (("tick.*", "the ticks of one asset"), ("tick.NOPE", "lists no asset 'NOPE'")):
            with pytest.raises(RequestRefused, match=problem):
                do(Subscribe(wrong, to=print, stream=True))
