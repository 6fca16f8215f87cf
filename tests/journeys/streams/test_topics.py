"""Topics from the handlers' side: which asset and which event a handler gets, here and attached."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages import CommandFailed, GetAssets, Subscribe, Unsubscribe
from runtime import Runtime, attach
from tests.journeys.journey import DEADLINE, Notebook, practice

TWINS = ("EURUSD", "EURUSD_otc")


@pytest.fixture
def runtime(place: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    return start_runtime(practice(1, *TWINS, tick_rate=20.0, control={"socket": str(place)}))


def told(router: Any, topic: str) -> Notebook:
    book = Notebook()
    router.ask(Subscribe(topic, to=book), timeout=DEADLINE)
    return book


def assets(book: Notebook) -> set[str]:
    return {tick.asset for tick in book.ticks()}


@pytest.mark.parametrize("attached", [False, True], ids=["here", "attached"])
def test_an_asset_is_had_alone_and_all_by_a_wildcard(
    runtime: Runtime, place: Path, *, attached: bool
) -> None:
    with attach(place) as attachment:
        router: Any = attachment.router if attached else runtime.router
        router.ask(GetAssets(), timeout=DEADLINE)
        plain, twin = (told(router, f"tick.{asset}") for asset in TWINS)
        each = [told(router, topic) for topic in ("tick.*", "tick.>", "tick.", ">", "", "*.*")]
        ends = told(router, f"*.{TWINS[1]}")
        assert all(book.wait(lambda book: assets(book) == set(TWINS)) for book in each)
        assert twin.wait(lambda book: len(book.ticks()) > 5)
        assert plain.wait(lambda book: len(book.ticks()) > 5)
        assert (assets(plain), assets(twin), assets(ends)) == ({TWINS[0]}, {TWINS[1]}, {TWINS[1]})
        for topic, nearest in (("ticks.EURUSD", "tick.EURUSD"), ("order.opend", "order.opened")):
            with pytest.raises(RequestRefused, match=f"did you mean {nearest}?"):
                router.ask(Subscribe(topic, to=plain), timeout=DEADLINE)
        assert router.ask(Unsubscribe("tick.>", to=each[2]), timeout=DEADLINE) is True


def test_an_asset_that_is_not_listed_is_refused(runtime: Runtime) -> None:
    runtime.router.ask(GetAssets(), timeout=DEADLINE)
    for topic in ("tick.EURUSD_OTC", "candles.EUR", "progress.NOPE"):
        with pytest.raises(RequestRefused, match=r"the venue lists no asset '(EURUSD_OTC|EUR|NOPE)'"):
            runtime.router.ask(Subscribe(topic, to=print), timeout=DEADLINE)
    failed = told(runtime.router, "command.failed")
    runtime.router.tell(Subscribe("tick.NOPE", to=print))
    assert failed.first(CommandFailed).command == "Subscribe"
