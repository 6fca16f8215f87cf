"""Orders that have not left the house when the runtime stops surely were not sent, and are told so."""

from pathlib import Path

import pytest

from actors.errors import NotSent
from actors.messages import ConnectionUp, Subscribe
from runtime import Runtime
from tests.journeys.journey import Notebook, status_of
from tests.journeys.trader import bet, trading, venue


def test_an_order_that_still_waits_for_the_rate_limit_is_not_sent_rather_than_unknown(tmp_path: Path) -> None:
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", limits={"messages": ["2/min"]})
        with Runtime(config) as runtime:
            notebook = Notebook()
            runtime.router.tell(Subscribe("", to=notebook))
            notebook.first(ConnectionUp)
            answers = [runtime.router.ask(bet(1 + n, deadline=100.0), block=False) for n in range(3)]
            for answer in answers[:2]:
                answer.get(timeout=5)
        assert len(exchange.ledger.orders()) == 2
        with pytest.raises(NotSent):
            answers[2].get(timeout=1)
        with Runtime(config) as runtime:
            desk = status_of(runtime).desk
            assert (desk.in_flight, desk.in_doubt) == (0, 0), "the journal does not know that it was not sent"


def test_an_order_that_waits_for_the_venues_lists_is_not_sent(nobody: str, tmp_path: Path) -> None:
    with venue() as exchange:
        config = trading(
            exchange, tmp_path / "orders.sqlite", regions={"demo": [{"name": "r", "url": nobody}]}
        )
        with Runtime(config) as runtime:
            answer = runtime.router.ask(bet(deadline=100.0), block=False)
            status_of(runtime)
        with pytest.raises(NotSent):
            answer.get(timeout=1)
