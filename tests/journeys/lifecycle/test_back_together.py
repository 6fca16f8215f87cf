"""After an outage the connections come back together: the first login shortens the waits of the others."""

import pytest

from actors.messages import ConnectionDown, ConnectionUp, Restart, Subscribe
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import Notebook, Start, ask, eventually, status_of, towards

LONG = 60.0
"""Seconds that a connection waits by itself; no test waits so long."""


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [("refuse", {}), ("answer", {"status": 403}), ("answer", {"status": 200}), ("refuse_sessions", {})],
)
def test_the_first_login_after_an_outage_brings_the_others_back(
    exchange: PracticeExchange, start_runtime: Start, fault: str, parameters: dict[str, int]
) -> None:
    urls = [region.url for region in exchange.regions]
    patience = {"strategy": "linear", "reconnect_delay": LONG, "max_delay": LONG, "refusal_delay": LONG}
    settings = towards(exchange.session, urls, 2, pool={"connections": 3}, reconnect=patience)
    runtime, notebook = start_runtime(Config.model_validate(settings)), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    eventually(runtime, notebook, lambda status: all(row.child.state == "up" for row in status.connections))

    exchange.fault(fault, **parameters)
    exchange.drop_connections()
    assert notebook.wait(lambda book: len({each.connection for each in failures(book)}) == 3)
    eventually(
        runtime, notebook, lambda status: all(row.child.state == "waiting" for row in status.connections)
    )
    exchange.calm(fault)
    logins = len(notebook.all(ConnectionUp))
    ask(runtime, Restart("connection-2"))
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == logins + 3)
    assert {row.child.state for row in status_of(runtime).connections} == {"up"}


def failures(notebook: Notebook) -> list[ConnectionDown]:
    return [down for down in notebook.all(ConnectionDown) if not down.was_ready]
