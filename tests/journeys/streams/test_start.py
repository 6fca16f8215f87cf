"""The start: each stream is subscribed once, in the order of the file, and all begin before anything else."""

from actors.messages import Subscribe
from runtime.config import Config
from runtime.practice.market.listings import LISTINGS
from runtime.practice.records import ReceivedEvent
from tests.journeys.journey import Notebook, Start, exchange_of, status_of

MANY = tuple(symbol for symbol, listing in LISTINGS.items() if listing.otc)[:24]
HALF_OF_BEFORE = 3.2
"""Seconds from the first subscription to the first tick of the last stream; it was 6.3 from the start."""


def _asset(event: ReceivedEvent) -> str:
    assert isinstance(event.payload, dict)
    return str(event.payload["asset"])


def test_at_the_default_rate_24_streams_begin_in_the_order_of_the_file_each_subscribed_once(
    start_runtime: Start,
) -> None:
    runtime = start_runtime(
        Config.model_validate(
            {
                "pool": {"connections": 7, "workers": 1},
                "practice": {"tick_rate": 20.0},
                "streams": [{"asset": asset} for asset in MANY],
            }
        )
    )
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: {tick.asset for tick in book.ticks()} == set(MANY), 10.0)
    asked = exchange.ledger.received("changeSymbol")
    first = [_asset(event) for event in asked[:8]]  # as many as the rate admits; to several connections
    assert set(first) == set(MANY[:8])
    assert status_of(runtime).batcher.requests == len(asked) == len(MANY)
    assert exchange.ledger.wait_until(lambda ledger: ledger.count("subfor") == len(MANY), 10.0)
    assert exchange.ledger.count("changeSymbol") == len(MANY)
    assert status_of(runtime).batcher.requests == len(MANY)
    firsts: dict[str, float] = {}
    for tick in notebook.ticks():
        firsts.setdefault(tick.asset, tick.received_at)
    assert max(firsts.values()) - asked[0].at < HALF_OF_BEFORE
