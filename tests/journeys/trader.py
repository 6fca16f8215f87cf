"""What the journeys of orders share: a runtime that trades on an exchange of the test's own."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.messages import (
    ConnectionUp,
    GetOpenedDeals,
    OrderInDoubt as InDoubt,
    OrderNotPlaced,
    OrderOpened,
    PlaceOrder,
    RawMessage,
    Subscribe,
)
from actors.values import Direction
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange, PracticeSettings
from tests.journeys.journey import AT_ONCE, Notebook, ask, towards

ASSET = "EURUSD_otc"
LONG = 60
LATE = 0.25
"""Seconds that a busy machine may add to a deadline."""

VERDICT_DELAY = 0.5
"""Seconds in which an order of a lost connection may still appear; the exchange needs none."""


def venue(**settings: Any) -> PracticeExchange:
    """An exchange where deals may last for a second only, and a hundred may be open."""
    return PracticeExchange(
        PracticeSettings(minimum_duration=1, **{"max_deals": 100, "tick_rate": 20.0} | settings)
    )


def trading(
    exchange: PracticeExchange, journal: Path, workers: int = 0, **sections: dict[str, Any]
) -> Config:
    """The configuration of a runtime that trades on ``exchange``, with one connection and high limits."""
    settings: dict[str, dict[str, Any]] = {
        "limits": {"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 200},
        "reconnect": AT_ONCE,
        "orders": {"journal": str(journal), "maximum_open": 100, "verdict_delay": VERDICT_DELAY},
    }
    for name, section in sections.items():
        settings[name] = settings.get(name, {}) | section
    urls = [region.url for region in exchange.regions]
    return Config.model_validate(towards(exchange.session, urls, workers, **settings))


@contextmanager
def listening(config: Config) -> Iterator[tuple[Runtime, Notebook]]:
    """A runtime whose first connection is up, and a notebook with every event from the start."""
    with Runtime(config) as runtime:
        notebook = Notebook()
        runtime.router.tell(Subscribe("", to=notebook))
        notebook.first(ConnectionUp)
        yield runtime, notebook


def bet(amount: Any = 1, duration: int = LONG, deadline: float | None = None, **changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {"asset": ASSET, "direction": Direction.CALL} | changes
    return PlaceOrder(amount=amount, duration=duration, deadline=deadline, **fields)


def catch_up(exchange: PracticeExchange, runtime: Runtime, notebook: Notebook) -> None:
    """Return once every message of the venue has been handled and the resulting events are recorded."""
    for _ in range(2):  # the first round reaches the desk, the second its events
        seen = len(notebook.all(RawMessage))
        sockets = exchange.publish("fence", {})
        assert notebook.wait(lambda book, due=seen + sockets: len(book.all(RawMessage)) >= due)  # type: ignore[misc]
        ask(runtime, GetOpenedDeals())


def assert_each_sent_once(exchange: PracticeExchange, orders: int) -> None:
    """``orders`` orders have reached the venue, each once."""
    sent = Counter(order.request_id for order in exchange.ledger.orders())
    assert len(sent) == orders
    assert set(sent.values()) == {1}


def assert_published_once(notebook: Notebook, opened: int = 0, unknown: int = 0, nothing: int = 0) -> None:
    """So many orders had each of these ends, and each end was published once."""
    told = {
        kind: [event.order for event in notebook.all(kind)]  # type: ignore[attr-defined]
        for kind in (OrderOpened, InDoubt, OrderNotPlaced)
    }
    assert [len(orders) for orders in told.values()] == [opened, unknown, nothing]
    assert all(len(set(orders)) == len(orders) for orders in told.values())
