"""The promises of a router hold for an attached one, in this process and in another."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.errors import NoRuntime, RateLimited, RequestError, RequestRefused, RequestTimeout
from actors.messages import (
    AwaitResult,
    GetAssets,
    GetBalance,
    GetOpenedDeals,
    GetPayout,
    GetServerTime,
    GetStatus,
    Halt,
    Lagged,
    LoadCandles,
    PlaceOrder,
    Resume,
    SendRaw,
    StreamConfirmed,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
)
from actors.messages.lifecycle import Begin
from actors.messages.status import Status
from actors.routing.subscriber import INBOX_CAPACITY
from actors.values import Asset, Balance, Candle, Direction, Life, Payout, ServerTime, Tick
from runtime import Runtime, attach
from runtime.config import Config
from runtime.control.attachment import Attachment
from runtime.control.protocol import ReloadRuntime, StopRuntime
from tests.doubles.recorder import Recording
from tests.journeys.journey import ASSETS, DEADLINE, JITTER, Notebook, busiest, exchange_of, practice

ROOT = Path(__file__).resolve().parents[3]

CHILD = """
import json, sys
from actors.errors import RateLimited
from actors.messages import GetBalance, GetPayout, SendRaw, SubscribeTicks
from runtime import attach

asset, place = sys.argv[1:]
with attach(place) as attachment:
    router = attachment.router
    confirmed = router.ask(SubscribeTicks(asset), timeout=10)
    payouts = {router.ask(GetPayout(asset), timeout=10).percent for _ in range(100)}
    answers = [confirmed.asset, str(router.ask(GetBalance(), timeout=10).amount), len(payouts)]
    print(json.dumps(answers), flush=True)
    sys.stdin.readline()
    sent, refused = 0, []
    for asked in [router.ask(SendRaw('42["flood"]', deadline=1.2), block=False) for _ in range(15)]:
        try:
            asked.get(timeout=10)
            sent += 1
        except RateLimited as error:
            refused.append(error.retry_after)
    print(json.dumps([sent, refused]))
"""


@pytest.fixture
def runtime(place: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    return start_runtime(practice(0, "EURUSD_otc", control={"socket": str(place)}))


@pytest.fixture
def attached(place: Path, runtime: Runtime) -> Iterator[Attachment]:
    with attach(place) as attachment:
        yield attachment


@pytest.fixture
def router(attached: Attachment) -> Any:
    return attached.router


def test_answers_arrive_with_their_types(router: Any) -> None:
    def ask(command: object) -> object:
        return router.ask(command, timeout=DEADLINE)

    balance = ask(GetBalance())
    assert isinstance(balance, Balance)
    assert isinstance(balance.amount, Decimal)
    assets = ask(GetAssets())
    assert isinstance(assets, dict)
    assert isinstance(assets["EURUSD_otc"], Asset)
    assert isinstance(ask(GetPayout("EURUSD_otc")), Payout)
    assert isinstance(ask(GetServerTime()), ServerTime)
    assert isinstance(ask(GetStatus()), Status)
    candles = ask(LoadCandles("EURUSD_otc", 60, 3))
    assert isinstance(candles, list)
    assert [type(candle) for candle in candles] == [Candle] * 3
    assert isinstance(ask(SubscribeTicks(ASSETS[1])), StreamConfirmed)
    assert ask(UnsubscribeTicks(ASSETS[1])) is None
    assert isinstance(ask(SendRaw('42["x"]')), Life)


def test_an_order_is_placed_and_its_result_waited_for(router: Any) -> None:
    order = PlaceOrder("EURUSD_otc", amount=Decimal(1), direction=Direction.CALL, duration=600)
    deal = router.ask(order, timeout=DEADLINE)
    assert deal.direction is Direction.CALL
    assert router.ask(GetOpenedDeals(), timeout=DEADLINE) == [deal]
    with pytest.raises(RequestTimeout, match=deal.id):
        router.ask(AwaitResult(deal.id, deadline=0.05), timeout=DEADLINE)


def test_errors_arrive_as_what_they_were(router: Any, place: Path, runtime: Runtime) -> None:
    with pytest.raises(RequestRefused, match="the venue lists no asset 'NOPE'"):
        router.ask(GetPayout("NOPE"), timeout=DEADLINE)
    with pytest.raises(RequestTimeout):
        router.ask(LoadCandles("EURUSD_otc", 60, 100_000, deadline=0.05), timeout=DEADLINE)
    with pytest.raises(RequestRefused, match="more than a request may have"):
        router.ask(SendRaw("x" * 1024 * 1024), timeout=DEADLINE)


def test_a_rate_limit_says_when_to_come_again(place: Path, start_runtime: Callable[..., Runtime]) -> None:
    limits = {"messages": ["2/min"], "max_concurrent_operations": 10}
    start_runtime(practice(0, limits=limits, control={"socket": str(place)}))
    with attach(place) as attachment:
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
        asked = [attachment.router.ask(SendRaw('42["x"]', deadline=1.0), block=False) for _ in range(3)]
        asked[0].get(timeout=DEADLINE)
        with pytest.raises(RateLimited) as caught:
            asked[-1].get(timeout=DEADLINE)
    assert 0 < caught.value.retry_after <= 60


def test_a_halt_holds_for_everybody(router: Any, runtime: Runtime) -> None:
    order = PlaceOrder("EURUSD_otc", amount=Decimal(1), direction=Direction.CALL, duration=60)
    assert router.ask(Halt("enough"), timeout=DEADLINE) is None
    for each in (router, runtime.router):
        with pytest.raises(RequestError, match="enough"):
            each.ask(order, timeout=DEADLINE)
    assert router.ask(Resume(), timeout=DEADLINE) is True


def test_handlers_run_here_whatever_their_kind(router: Any) -> None:
    book, batches = Notebook(), Notebook()
    recording = Recording()
    assert router.ask(Subscribe("tick.EURUSD_otc", to=book), timeout=DEADLINE) == "tick.EURUSD_otc"
    router.tell(Subscribe("tick.", to=batches, batch=True))
    router.tell(Subscribe("tick.", to=recording.ref))
    assert book.wait(lambda book: len(book) > 2)
    assert batches.wait(lambda book: len(book) > 2)
    assert isinstance(batches.calls[0], list)
    assert isinstance(recording.seen(), Begin)
    assert isinstance(recording.seen(), Tick)


def test_an_ended_subscription_brings_nothing_more(router: Any) -> None:
    book, witness = Notebook(), Notebook()
    router.ask(Subscribe("tick.", to=book), timeout=DEADLINE)
    assert book.wait(lambda book: len(book) > 0)
    assert router.ask(Unsubscribe("tick.", to=book), timeout=DEADLINE) is True
    assert router.ask(Unsubscribe("tick.", to=book), timeout=DEADLINE) is False
    before = len(book)
    router.ask(Subscribe("tick.", to=witness), timeout=DEADLINE)
    assert witness.wait(lambda book: len(book) > 3)
    assert len(book) <= before + 1  # one may have been on its way to the handler


def test_a_slow_handler_here_lags_alone(router: Any, runtime: Runtime) -> None:
    lagged, reads_on = Notebook(), threading.Event()
    router.ask(Subscribe("lag.", to=lagged), timeout=DEADLINE)
    router.ask(Subscribe("tick.", to=lambda _: reads_on.wait(4 * DEADLINE)), timeout=DEADLINE)
    deliveries = Notebook()
    router.ask(Subscribe("tick.", to=deliveries, batch=True), timeout=DEADLINE)
    # Few and large ones on a busy machine: it is they that fill a mailbox.
    assert deliveries.wait(lambda book: len(book.calls) > 1.5 * INBOX_CAPACITY, 3 * DEADLINE)
    reads_on.set()
    assert lagged.first(Lagged).missed > 0


def test_an_answer_that_takes_too_long_is_a_timeout_here(router: Any) -> None:
    with pytest.raises(pykka.Timeout):
        router.ask(AwaitResult("d1", deadline=0.2), timeout=0.0)
    asked = router.ask(GetBalance(), block=False)
    assert isinstance(asked.get(timeout=DEADLINE), Balance)


def test_when_the_runtime_ends_so_do_the_asks_under_way_and_all_later_ones(
    attached: Attachment, place: Path, runtime: Runtime
) -> None:
    router: Any = attached.router
    deal = router.ask(
        PlaceOrder("EURUSD_otc", amount=Decimal(1), direction=Direction.CALL, duration=600), timeout=DEADLINE
    )
    waiting = router.ask(AwaitResult(deal.id), block=False)
    runtime.stop()
    with pytest.raises(RequestError):
        waiting.get(timeout=DEADLINE)
    assert attached.ended.wait(DEADLINE)
    with pytest.raises(RequestError, match="the runtime has ended"):
        router.ask(GetBalance(), timeout=0.5)
    with pytest.raises(NoRuntime, match=str(place)):
        attach(place)


def test_detaching_leaves_the_runtime_as_it_was(place: Path, runtime: Runtime) -> None:
    book = Notebook()
    with attach(place) as attachment:
        attachment.router.ask(Subscribe("tick.", to=book), timeout=DEADLINE)
        assert book.wait(lambda book: len(book) > 0)
    with pytest.raises(RequestError, match="the attachment has ended"):
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
    attachment.close()
    assert isinstance(runtime.router.ask(GetBalance(), timeout=DEADLINE), Balance)


def test_a_runtime_is_asked_to_stop_and_does(place: Path, runtime: Runtime) -> None:
    with attach(place) as attachment:
        assert attachment.router.ask(StopRuntime(), timeout=DEADLINE) is None
        assert attachment.ended.wait(DEADLINE)
    runtime.stop()  # waits for the stop in progress
    assert runtime.exchange is None


def test_a_program_may_decide_itself_how_it_stops(place: Path, start_runtime: Callable[..., Runtime]) -> None:
    asked = threading.Event()
    start_runtime(practice(0, control={"socket": str(place)}), stop_asked=asked.set)
    with attach(place) as attachment:
        attachment.router.ask(StopRuntime(), timeout=DEADLINE)
        assert asked.wait(DEADLINE)
        assert isinstance(attachment.router.ask(GetBalance(), timeout=DEADLINE), Balance)


def test_a_reload_is_refused_where_there_is_no_file(router: Any) -> None:
    with pytest.raises(RequestRefused, match="not read from a file"):
        router.ask(ReloadRuntime(), timeout=DEADLINE)


def test_a_configuration_that_was_made_here_leads_nowhere() -> None:
    with pytest.raises(NoRuntime, match="has no control socket"):
        attach(Config())


def test_four_processes_ask_at_once_and_share_one_rate(
    place: Path, start_runtime: Callable[..., Runtime]
) -> None:
    limits = {"messages": ["20/s"]}
    runtime = start_runtime(practice(0, limits=limits, control={"socket": str(place)}))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, asset, str(place)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for asset in ASSETS
    ]
    answers = [json.loads(child.stdout.readline()) for child in children if child.stdout]
    assert answers == [[asset, "10000", 1] for asset in ASSETS]
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    outcomes = [json.loads(child.communicate(timeout=DEADLINE)[0]) for child in children]

    sent = sum(sent for sent, _ in outcomes)
    refused = [retry_after for _, refused in outcomes for retry_after in refused]
    assert sent + len(refused) == 15 * len(children)
    assert refused
    assert all(0 < retry_after <= 4 for retry_after in refused)
    arrived = exchange_of(runtime).ledger.received("flood")
    assert len(arrived) == sent
    assert busiest(arrived, 1.0 - JITTER) <= 20
