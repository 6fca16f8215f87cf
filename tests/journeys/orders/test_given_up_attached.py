"""Orders of attached processes that nobody waits for any more, and a kill switch that no queue holds up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.errors import NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages import (
    AwaitResult,
    Command,
    Event,
    GetBalance,
    GetOpenedDeals,
    GetStatus,
    Halt,
    OrderOpened,
    Resume,
)
from actors.orders.reconciliation import CLAIM_SETTLES
from runtime import Runtime, attach
from runtime.control.attachment import Attachment
from runtime.control.peer_asks import MOST_WAITING
from runtime.control.server import MOST_PEERS
from runtime.ctl import main as ctl
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, Notebook, ask, status_of
from tests.journeys.orders.test_given_up_orders import ORDERS, assert_nothing_is_placed_later, cut_off
from tests.journeys.trader import LATE, assert_each_sent_once, bet, catch_up, listening, trading, venue

ROOT = Path(__file__).resolve().parents[3]

CHILD = """
import sys, time
from actors.messages import Direction, PlaceOrder, PlacePendingOrder
from runtime import attach

with attach(sys.argv[1]) as attachment:
    for order in (
        PlaceOrder("EURUSD_otc", 1, Direction.CALL, 60),
        PlacePendingOrder("EURUSD_otc", 3, Direction.CALL, 60, open_at=time.time() + 300),
    ):
        kept = attachment.router.ask(order, block=False)
        globals()[f"kept_{type(order).__name__}"] = kept
    print("asked", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def trader(
    exchange: PracticeExchange, tmp_path: Path, place: Path
) -> Iterator[tuple[Runtime, Notebook, Attachment]]:
    """A runtime that trades, what it publishes, and an attachment to it."""
    config = trading(exchange, tmp_path / "orders.sqlite", control={"socket": str(place)})
    with listening(config) as (runtime, notebook), attach(place) as attachment:
        yield runtime, notebook, attachment


@ORDERS
def test_an_attached_order_whose_ask_times_out_during_an_outage_is_not_sent_and_never_placed(
    exchange: PracticeExchange, trader: tuple[Runtime, Notebook, Attachment], make: type[Command]
) -> None:
    runtime, notebook, attachment = trader
    cut_off(exchange, runtime, notebook)
    for timeout in (0.5, 0):
        asked_at = time.monotonic()
        with pytest.raises(NotSent):
            attachment.router.ask(make(), timeout=timeout)
        assert time.monotonic() - asked_at < timeout + LATE
    with pytest.raises(NotSent):
        attachment.router.ask(make(), block=False).get(timeout=0.2)
    attachment.router.ask(make(), block=False)  # its future is dropped
    attachment.router.ask(GetBalance(), timeout=DEADLINE)
    ask(runtime, GetOpenedDeals())  # the order desk knows by now
    assert_nothing_is_placed_later(exchange, runtime, notebook)


@pytest.mark.parametrize("end", ["killed", "detached"])
def test_the_orders_of_a_process_that_has_ended_are_never_placed(
    exchange: PracticeExchange, trader: tuple[Runtime, Notebook, Attachment], place: Path, end: str
) -> None:
    runtime, notebook, _ = trader
    cut_off(exchange, runtime, notebook)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(place)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "asked\n"
        before = time.monotonic()
        while status_of(runtime).limiter.waiting < 2:
            assert time.monotonic() - before < DEADLINE
        if end == "killed":
            os.kill(child.pid, signal.SIGKILL)
    before = time.monotonic()
    while status_of(runtime).limiter.waiting:
        assert time.monotonic() - before < DEADLINE
    assert_nothing_is_placed_later(exchange, runtime, notebook)


def test_an_attached_caller_is_told_at_its_timeout_what_is_known_of_its_order(
    exchange: PracticeExchange, trader: tuple[Runtime, Notebook, Attachment]
) -> None:
    runtime, notebook, attachment = trader
    ask(runtime, GetOpenedDeals())
    exchange.disturb_orders("delayed", seconds=30.0)
    deal = attachment.router.ask(bet(6), timeout=2 * CLAIM_SETTLES)
    assert notebook.first(OrderOpened).deal == deal
    assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
    exchange.disturb_orders("lost_before")
    with pytest.raises(OrderUnknown) as unknown:
        attachment.router.ask(bet(5), timeout=0.3)
    assert unknown.value.order
    assert_each_sent_once(exchange, 2)


def test_attached_nonsense_is_refused_with_words(trader: tuple[Runtime, Notebook, Attachment]) -> None:
    _, notebook, attachment = trader
    for nonsense in (GetBalance, "balance", None, {"type": "GetBalance"}, notebook.all(Event)[0]):
        with pytest.raises(RequestRefused, match="is not a command"):
            attachment.router.ask(nonsense, timeout=DEADLINE)  # type: ignore[call-overload]
        attachment.router.tell(nonsense)
    assert attachment.router.ask(GetBalance(), timeout=DEADLINE)


def test_the_kill_switch_passes_a_thousand_asks_that_wait(
    exchange: PracticeExchange,
    trader: tuple[Runtime, Notebook, Attachment],
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runtime, notebook, attachment = trader
    deal = attachment.router.ask(bet(5), timeout=DEADLINE)
    waiting = [attachment.router.ask(AwaitResult(deal.id), block=False) for _ in range(MOST_WAITING)]
    with pytest.raises(NotSent, match=f"{MOST_WAITING} AwaitResult of attached processes wait already"):
        attachment.router.ask(AwaitResult(deal.id), timeout=DEADLINE)
    assert attachment.router.ask(bet(6), timeout=DEADLINE).amount == 6
    attachment.router.ask(GetStatus(), timeout=DEADLINE)
    attachment.router.ask(Halt("enough"), timeout=DEADLINE)
    assert ctl([str(place), "status"]) == 0
    assert ctl([str(place), "resume"]) == 0
    assert ctl([str(place), "halt", "now"]) == 0
    with pytest.raises(NotSent, match="now"):
        attachment.router.ask(bet(7), timeout=DEADLINE)
    attachment.router.ask(Resume(), timeout=DEADLINE)
    catch_up(exchange, runtime, notebook)
    assert ctl([str(place), "drain"]) == 0
    for answer in waiting:
        with pytest.raises(RequestError):
            answer.get(timeout=DEADLINE)
    assert_each_sent_once(exchange, 2)


def test_an_operator_attaches_where_as_many_programs_are_attached_as_may_be(
    trader: tuple[Runtime, Notebook, Attachment], place: Path
) -> None:
    attachments = [attach(place) for _ in range(MOST_PEERS - 1)]
    with pytest.raises(RequestRefused, match="attached already"):
        attach(place, timeout=0.5)
    assert ctl([str(place), "halt", "now"]) == 0
    assert ctl([str(place), "status"]) == 0
    for attachment in attachments:
        attachment.close()
