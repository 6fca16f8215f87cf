"""All connections are closed on purpose, and connect again: streams, orders, and programs meanwhile."""

import http.client
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from actors.errors import NotSent, RequestError, RequestRefused
from actors.messages import (
    Connect,
    ConnectionUp,
    Disconnect,
    GetBalance,
    LoadCandles,
    OutageBegan,
    Restart,
    StreamGap,
    Subscribe,
)
from runtime import Runtime, attach
from runtime.ctl import main as ctl
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    Notebook,
    Start,
    ask,
    assert_accounted_for,
    cut_off,
    eventually,
    exchange_of,
    practice,
    status_of,
)
from tests.journeys.trader import assert_each_sent_once, bet, listening, trading, venue

ASSET = ASSETS[0]


def is_fresh(runtime: Runtime, notebook: Notebook) -> None:
    """Return once the stream ticks on a connection."""
    eventually(
        runtime, notebook, lambda status: bool(status.streams) and bool(status.streams[0].placed.connection)
    )
    ticks = len(notebook.ticks(ASSET))
    assert notebook.wait(lambda book: len(book.ticks(ASSET)) > ticks)


def readiness(runtime: Runtime) -> tuple[int, Any]:
    where = urlsplit(str(runtime.status_url))
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_streams_come_back_with_their_gap_announced_also_the_second_time(
    start_runtime: Start, workers: int
) -> None:
    health = {"outage_after": 0.3}
    runtime = start_runtime(practice(workers, ASSET, health=health, status={"listen": "127.0.0.1:0"}))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    is_fresh(runtime, notebook)
    for turn in (1, 2):
        assert ask(runtime, Disconnect("maintenance")) is None
        status = status_of(runtime)
        assert status.disconnected == "maintenance"
        assert {each.child.state for each in status.connections} == {"stopped"}
        code, said = readiness(runtime)
        assert code == 503
        assert "disconnected (maintenance)" in json.dumps(said)
        with pytest.raises(NotSent, match="disconnected"):
            ask(runtime, LoadCandles(ASSET, 60, 10))
        with pytest.raises(RequestRefused, match="all connections are disconnected"):
            ask(runtime, Restart("connection-1"))
        assert ask(runtime, GetBalance())  # known, and no connection is needed
        assert ask(runtime, Disconnect("once more")) is None
        outages = len(notebook.all(OutageBegan))
        assert not threading.Event().wait(0.5)  # longer than an outage takes to be one
        assert status_of(runtime).outage is None
        assert len(notebook.all(OutageBegan)) == outages
        assert ask(runtime, Connect()) is True
        assert notebook.wait(lambda book, turn=turn: len(book.all(StreamGap)) >= turn)  # type: ignore[misc]
        is_fresh(runtime, notebook)
    assert ask(runtime, Connect()) is False
    assert status_of(runtime).disconnected is None
    assert_accounted_for(
        notebook.ticks(ASSET), exchange_of(runtime).ledger.ticks(ASSET), notebook.all(StreamGap)
    )


def test_no_order_leaves_while_disconnected_and_one_after_it_waits_for_the_login(tmp_path: Path) -> None:
    with venue() as exchange:
        with listening(trading(exchange, tmp_path / "orders.sqlite", 1)) as (runtime, notebook):
            deal = ask(runtime, bet(1))
            ask(runtime, Disconnect("the news at noon"))
            with pytest.raises(NotSent, match=r"disconnected \(the news at noon\): the command Connect"):
                ask(runtime, bet(2))
            assert exchange.ledger.deals()[0].deal == deal
            ask(runtime, Connect())
            assert ask(runtime, bet(3)).amount == 3
            notebook.first(ConnectionUp, epoch=2)
        assert_each_sent_once(exchange, 2)


def test_while_it_reconnects_it_gives_up_trying_and_connects_when_asked_to(start_runtime: Start) -> None:
    runtime = start_runtime(practice(0, pool={"connections": 2, "standby": 0}, reconnect=AT_ONCE))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    cut_off(runtime, notebook)
    assert ask(runtime, Disconnect()) is None
    exchange = exchange_of(runtime)
    sockets = len(exchange.ledger.sockets())
    for region in exchange.regions:
        exchange.open_region(region.name)
    assert not threading.Event().wait(0.3)  # six times the delay of a reconnect
    assert len(exchange.ledger.sockets()) == sockets
    assert {each.child.state for each in status_of(runtime).connections} == {"stopped"}
    ask(runtime, Connect())
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 4)


def test_programs_and_operators_that_are_attached_do_it_too(
    start_runtime: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "it.sock"
    runtime = start_runtime(practice(0, ASSET, control={"socket": str(place)}))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    is_fresh(runtime, notebook)
    with attach(place) as attachment:
        attachment.client.disconnect("lunch time")
        assert attachment.client.status().disconnected == "lunch time"
        assert runtime.client.connect() is True
        is_fresh(runtime, notebook)
    assert ctl([str(place), "disconnect", "lunch", "time"]) == 0
    assert ctl([str(place), "health"]) != 0
    assert ctl([str(place), "status"]) == 0
    out, err = capsys.readouterr()
    assert "ALL CONNECTIONS ARE DISCONNECTED (lunch time)" in out
    assert "all connections are disconnected (lunch time)" in err
    assert ctl([str(place), "connect"]) == 0
    assert ctl([str(place), "connect"]) == 0
    assert capsys.readouterr().out.splitlines() == ["it connects again", "it was not disconnected"]
    is_fresh(runtime, notebook)


def test_a_stop_ends_what_waits_for_the_disconnection(start_runtime: Start) -> None:
    runtime = start_runtime(practice(2, ASSET))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    is_fresh(runtime, notebook)
    asked = runtime.router.ask(Disconnect(), block=False)
    stopping = threading.Thread(target=runtime.stop)
    stopping.start()
    try:
        assert asked.get(timeout=5) is None
    except RequestError as error:
        assert "stop" in str(error)  # noqa: PT017
    stopping.join(20)
    assert not stopping.is_alive()
    again = start_runtime(practice(0, ASSET))
    assert status_of(again).disconnected is None
