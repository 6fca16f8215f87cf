"""The venue's messages as text, and texts of the user's own, by a program and by an attached one."""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestRefused, RequestTimeout
from actors.messages import (
    ConnectionUp,
    GetStatus,
    Restart,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    WireMessage,
    WithdrawRaw,
)
from actors.values import Life
from runtime import AsyncRuntime, Runtime, attach, request_raw
from tests.journeys.journey import DEADLINE, Notebook, ask, exchange_of, practice, status_of

ASSET = "EURUSD_otc"
NOISE = '42["indicator/load"]'


def history(index: int) -> str:
    """A request for bars; its answer repeats ``index``."""
    fields = {"asset": ASSET, "index": index, "time": int(time.time()) + 7200, "offset": 600, "period": 60}
    return f'42["loadHistoryPeriod",{json.dumps(fields)}]'


def answers(index: int) -> Any:
    return lambda message: message.attachment and f'"index":{index}' in message.text.replace(" ", "")


def never(message: WireMessage) -> bool:
    return message.epoch < 0


def broken(message: WireMessage) -> float:
    return message.epoch / 0


@pytest.fixture(params=[0, 1], ids=lambda workers: f"workers={workers}")
def runtime(request: pytest.FixtureRequest, place: Path) -> Iterator[Runtime]:
    control = {"socket": str(place)}
    with Runtime(practice(request.param, ASSET, pool={"connections": 2}, control=control)) as running:
        notebook = Notebook()
        ask(running, Subscribe("connection.up", to=notebook))
        ask(running, SubscribeTicks(ASSET))
        yield running


@pytest.fixture(params=["program", "attached"])
def router(request: pytest.FixtureRequest, runtime: Runtime, place: Path) -> Iterator[Any]:
    if request.param == "program":
        yield runtime.router
    else:
        with attach(place) as attachment:
            yield attachment.router


def account_of(runtime: Runtime) -> str:
    return next(each.child.name for each in status_of(runtime).connections if each.pooled.role == "account")


def session_of(runtime: Runtime) -> str:
    auth = exchange_of(runtime).session
    return str(json.loads(auth[2:])[1]["session"])


def test_every_message_of_a_connection_is_text_while_somebody_listens(runtime: Runtime, router: Any) -> None:
    notebook, everything = Notebook(), Notebook()
    router.ask(Subscribe(">", to=everything), timeout=DEADLINE)
    router.ask(Subscribe("wire.>", to=notebook), timeout=DEADLINE)
    assert notebook.wait(
        lambda book: any(each.attachment and ASSET in each.text for each in book.all(WireMessage))
    )
    messages = notebook.all(WireMessage)
    for header, body in itertools.pairwise(messages):
        if body.attachment and header.connection == body.connection:
            assert (header.name, header.epoch) == (body.name, body.epoch)
            assert header.text.startswith(f'451-["{body.name}"')
    assert router.ask(Unsubscribe("wire.>", to=notebook), timeout=DEADLINE)
    assert everything.wait(lambda book: len(book.ticks(ASSET)) > 20)
    assert everything.all(WireMessage) == []
    assert session_of(runtime) not in "".join(each.text for each in messages)


def test_a_tap_lasts_through_a_new_life(runtime: Runtime, router: Any) -> None:
    name = account_of(runtime)
    notebook = Notebook()
    router.ask(Subscribe(f"wire.{name}", to=notebook), timeout=DEADLINE)
    epoch = next(each.child.epoch for each in status_of(runtime).connections if each.child.name == name)
    ask(runtime, Restart(name))
    found = notebook.first(WireMessage, timeout=2 * DEADLINE, epoch=epoch + 1, name="updateAssets")
    assert found.connection == name
    assert {each.connection for each in notebook.all(WireMessage)} == {name}


def test_a_text_is_sent_on_the_connection_that_is_named_and_its_answer_found(
    runtime: Runtime, router: Any
) -> None:
    for number, connection in enumerate(("", "connection-1", "connection-2"), start=1):
        index = 880_000_000_000 + number
        found = request_raw(router, history(index), answers(index), connection=connection, timeout=DEADLINE)
        assert found.name in {"loadHistoryPeriod", "loadHistoryPeriodFast"}
        assert found.connection == (connection or account_of(runtime))
        assert json.loads(found.text)["index"] == index
    life = router.ask(SendRaw(NOISE), timeout=DEADLINE)
    assert isinstance(life, Life)
    assert life.connection == account_of(runtime)


def test_what_can_be_no_request_is_refused_with_words(router: Any) -> None:
    with pytest.raises(RequestRefused, match=r"the text is no event of a client, such as 42\[\"ps\"\]"):
        router.ask(SendRaw("41"), timeout=DEADLINE)
    with pytest.raises(RequestRefused, match="no connection is called 'c9': there are connection-1 to"):
        router.ask(SendRaw(NOISE, connection="c9"), timeout=DEADLINE)
    with pytest.raises(RequestRefused, match="no connection is called 'c9'"):
        router.ask(Subscribe("wire.c9", to=print), timeout=DEADLINE)


def test_no_answer_is_a_timeout_and_what_the_match_raises_is_raised(router: Any) -> None:
    with pytest.raises(RequestTimeout, match="no message matched within"):
        request_raw(router, NOISE, never, timeout=0.5)
    with pytest.raises(ZeroDivisionError):
        request_raw(router, history(7), broken, timeout=DEADLINE)


def test_a_connection_that_is_lost_ends_the_wait(runtime: Runtime) -> None:
    name = account_of(runtime)
    asked: list[str] = []

    def cut(message: WireMessage) -> bool:
        if not asked:
            asked.append(message.connection)
            runtime.router.tell(Restart(name))
        return False

    with pytest.raises(RequestTimeout, match="was lost before an answer"):
        request_raw(runtime.router, history(8), cut, connection=name, timeout=2 * DEADLINE)


def sent(runtime: Runtime, event: str) -> int:
    return len(exchange_of(runtime).ledger.received(event))


def restart(runtime: Runtime, name: str) -> None:
    notebook = Notebook()
    ask(runtime, Subscribe("connection.up", to=notebook))
    ask(runtime, Restart(name))
    notebook.first(ConnectionUp, timeout=2 * DEADLINE, connection=name)
    ask(runtime, SendRaw('42["price-alert/load"]', connection=name))  # behind what a login is followed by
    ask(runtime, Unsubscribe("connection.up", to=notebook))


def test_a_text_is_repeated_after_each_login_until_it_is_withdrawn(runtime: Runtime, router: Any) -> None:
    life = router.ask(SendRaw(NOISE, each_login=True), timeout=DEADLINE)
    router.ask(SendRaw(NOISE, connection=life.connection, each_login=True), timeout=DEADLINE)
    assert wait_for(lambda: sent(runtime, "indicator/load") == 2)
    restart(runtime, life.connection)
    assert wait_for(lambda: sent(runtime, "indicator/load") == 3)
    assert router.ask(WithdrawRaw(NOISE, connection=life.connection), timeout=DEADLINE) is True
    assert router.ask(WithdrawRaw(NOISE), timeout=DEADLINE) is False
    restart(runtime, life.connection)
    assert wait_for(lambda: sent(runtime, "price-alert/load") == 2)
    assert sent(runtime, "indicator/load") == 3


CHILD = """
import sys
from runtime import SendRaw, attach
with attach(sys.argv[1]) as attachment:
    life = attachment.router.ask(SendRaw(sys.argv[2], each_login=True), timeout=10)
    print(life.connection, flush=True)
    sys.stdin.read()
"""


def test_what_a_process_has_repeated_ends_with_it(runtime: Runtime, place: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(place), NOISE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        restart(runtime, name)
        assert wait_for(lambda: sent(runtime, "indicator/load") == 2)
        child.kill()
    ask(runtime, GetStatus())
    assert wait_for(lambda: ask(runtime, WithdrawRaw(NOISE)) is False)
    restart(runtime, name)
    assert wait_for(lambda: sent(runtime, "price-alert/load") == 2)
    assert sent(runtime, "indicator/load") == 2


def test_an_event_loop_asks_too(tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_text("pool: {workers: 1, connections: 1}\n", encoding="utf-8")

    async def main() -> None:
        async with AsyncRuntime.from_yaml(path) as runtime, asyncio.TaskGroup() as group:

            async def one(index: int) -> None:
                found = await runtime.request_raw(history(index), answers(index), timeout=DEADLINE)
                assert json.loads(found.text)["index"] == index

            for number in range(5):
                group.create_task(one(770_000_000_000 + number))
        async with AsyncRuntime.from_yaml(path) as runtime:
            with pytest.raises(RequestTimeout, match="no message matched within 0"):
                await runtime.request_raw(NOISE, never, timeout=0.5)
            with pytest.raises(ZeroDivisionError):
                await runtime.request_raw(history(7), broken, timeout=DEADLINE)

    asyncio.run(main())


def wait_for(holds: Any) -> bool:
    until = time.monotonic() + 2 * DEADLINE
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
