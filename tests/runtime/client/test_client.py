"""The client on a runtime, on an attachment and in an event loop: the same calls, answers and errors."""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestError, RequestRefused, RequestTimeout
from actors.values import Deal, Direction, Outcome, Tick
from runtime import AsyncRuntime, Attachment, Event, Runtime, attach, attach_async
from tests.journeys.journey import practice

ASSET = "EURUSD_otc"
LIMIT = 10.0


class Face:
    """Calls the methods of a client by name, whatever it takes to get the answer."""

    def __init__(self, client: Any, answer: Callable[[Any], Any]) -> None:
        self._client = client
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *arguments, **options: self._answer(method(*arguments, **options))


@pytest.fixture
def runtime(place: Path, start_runtime: Callable[..., Runtime]) -> Runtime:
    return start_runtime(practice(0, ASSET, control={"socket": str(place)}))


@pytest.fixture(params=["runtime", "attachment", "asyncio"])
def client(request: pytest.FixtureRequest, runtime: Runtime, place: Path) -> Iterator[Face]:
    match request.param:
        case "runtime":
            yield Face(runtime.client, lambda answer: answer)
        case "attachment":
            with attach(place) as running:
                yield Face(running.client, lambda answer: answer)
        case _:
            with asyncio.Runner() as runner:
                attached = attach_async(place)
                runner.run(attached.__aenter__())

                async def awaited(answer: Any) -> Any:
                    return await answer if inspect.isawaitable(answer) else answer

                yield Face(attached.client, lambda answer: runner.run(awaited(answer)))
                runner.run(attached.close())


def test_a_deal_is_bought_and_its_result_awaited(client: Face) -> None:
    deal = client.buy(ASSET, 1, seconds=5, timeout=LIMIT)
    assert (deal.asset, deal.amount, deal.direction) == (ASSET, Decimal(1), Direction.CALL)
    assert deal.closes_at - deal.opened_at == pytest.approx(5, abs=1)
    assert [each.id for each in client.opened_deals(timeout=LIMIT)] == [deal.id]
    closed = client.result(deal)
    assert closed.id == deal.id
    assert closed.outcome in Outcome
    assert client.closed_deals(timeout=LIMIT) == [closed]
    assert client.result(deal.id, timeout=LIMIT) == closed


def test_a_deal_is_sold_once_by_its_id(client: Face) -> None:
    deal = client.sell(ASSET, "2.50", timedelta(minutes=1), id="signal-7", timeout=LIMIT)
    assert (deal.direction, deal.amount) == (Direction.PUT, Decimal("2.50"))
    again = client.sell(ASSET, "2.50", minutes=1, id="signal-7", timeout=LIMIT)
    assert again.id == deal.id
    assert len(client.opened_deals(timeout=LIMIT)) == 1


def test_pending_orders_are_placed_listed_and_cancelled(client: Face) -> None:
    order = client.place_pending_order(ASSET, 1, "call", minutes=1, open_price=0.5, timeout=LIMIT)
    assert client.pending_orders(timeout=LIMIT) == [order]
    assert client.cancel_pending_order(order, timeout=LIMIT) == order.ticket
    assert client.pending_orders(timeout=LIMIT) == []


def test_what_is_known_is_told(client: Face) -> None:
    assert client.balance(timeout=LIMIT).amount > 0
    assert list(client.assets("EURUSD_otc", timeout=LIMIT)) == [ASSET]
    assert client.payout(ASSET, timeout=LIMIT).percent > 0
    assert client.server_time(timeout=LIMIT).time == pytest.approx(time.time(), abs=60)
    assert [stream.placed.asset for stream in client.status(timeout=LIMIT).streams] == [ASSET]


def test_history_is_loaded(client: Face) -> None:
    candles = client.candles(ASSET, minutes=5, count=30, timeout=LIMIT)
    assert [candle.time - candles[0].time for candle in candles] == [300 * at for at in range(30)]
    minute = client.candles(ASSET, count=2, timeout=LIMIT)
    assert minute[1].time - minute[0].time == 60
    ticks = client.tick_history(ASSET, minutes=1, timeout=LIMIT)
    assert ticks
    assert ticks[-1].time - ticks[0].time <= 60
    assert len(client.tick_history(ASSET, count=10, timeout=LIMIT)) == 10


def test_a_halt_stops_orders_until_they_are_resumed(client: Face) -> None:
    client.halt("by hand", timeout=LIMIT)
    with pytest.raises(RequestError, match="by hand"):
        client.buy(ASSET, 1, minutes=1, timeout=LIMIT)
    assert client.resume(timeout=LIMIT)
    assert not client.resume(timeout=LIMIT)
    assert client.buy(ASSET, 1, minutes=1, timeout=LIMIT).asset == ASSET


def test_streams_begin_and_end(client: Face) -> None:
    assert client.subscribe_ticks("GBPUSD_otc", timeout=LIMIT).asset == "GBPUSD_otc"
    assert client.unsubscribe_ticks("GBPUSD_otc", timeout=LIMIT) is None


def test_what_only_operators_need_is_there(client: Face) -> None:
    assert client.send_raw('42["ps"]', timeout=LIMIT).epoch > 0
    assert client.withdraw_raw('42["ps"]', timeout=LIMIT) is False
    assert client.restart("connection-1", timeout=LIMIT) is None
    with pytest.raises(RequestRefused, match="is not in doubt"):
        client.settle_order("nothing", opened=False, reason="a test", timeout=LIMIT)


def test_the_errors_are_those_of_the_router(client: Face) -> None:
    with pytest.raises(RequestRefused, match="EURUSD_otc"):  # the nearest one
        client.buy("eurusd_oct", 1, minutes=1, timeout=LIMIT)
    with pytest.raises(RequestRefused, match="duration is missing"):
        client.buy(ASSET, 1)
    deal = client.buy(ASSET, 1, minutes=5, timeout=LIMIT)
    with pytest.raises(RequestTimeout):
        client.result(deal, timeout=0.05)


def test_a_loop_over_ticks_ends_with_a_break_and_releases_the_stream(runtime: Runtime) -> None:
    seen: list[Tick] = []
    for tick in runtime.client.ticks("GBPUSD_otc"):
        seen.append(tick)
        if len(seen) == 3:
            break
    assert {tick.asset for tick in seen} == {"GBPUSD_otc"}
    assert [tick.time for tick in seen] == sorted(tick.time for tick in seen)
    give_up_at = time.monotonic() + LIMIT
    while [each.placed.asset for each in runtime.client.status(timeout=LIMIT).streams] != [ASSET]:
        assert time.monotonic() < give_up_at


def test_a_loop_over_ticks_of_an_attachment_is_streamed_for_it(runtime: Runtime, place: Path) -> None:
    with attach(place) as running, running.client.ticks("GBPUSD_otc") as ticks:
        assert next(ticks).asset == "GBPUSD_otc"
        [stream] = [each for each in runtime.client.status().streams if each.placed.asset == "GBPUSD_otc"]
        assert stream.placed.owners not in {("program",), ()}


def test_a_loop_over_bars_has_those_of_history_first_and_the_last_one_releases_the_series(
    runtime: Runtime, place: Path
) -> None:
    def streamed() -> set[str]:
        return {each.placed.asset for each in runtime.client.status(timeout=LIMIT).streams}

    with attach(place) as running:
        for client in (runtime.client, running.client):
            others = client.bars("GBPUSD_otc", seconds=1)
            with client.bars("GBPUSD_otc", timedelta(seconds=1), history=3) as bars:
                found = [next(bars) for _ in range(3)]
                assert next(bar for bar in bars if not bar.closed).asset == "GBPUSD_otc"
            assert [bar.closed for bar in found] == [True, True, True]
            assert [bar.candle for bar in found] == list(bars.history)
            assert list(bars) == []
            assert next(others).asset == "GBPUSD_otc"
            assert streamed() == {ASSET, "GBPUSD_otc"}
            others.close()
            give_up_at = time.monotonic() + LIMIT
            while streamed() != {ASSET}:
                assert time.monotonic() < give_up_at


def test_bars_of_a_number_of_ticks_are_iterated(runtime: Runtime) -> None:
    with runtime.client.bars(ASSET, ticks=3) as bars:
        assert next(bar for bar in bars if bar.closed).candle.volume == 3


def test_bars_that_are_refused_leave_nothing_behind(runtime: Runtime) -> None:
    failed: list[Event] = []
    runtime.client.subscribe("command.failed", failed.append)
    with pytest.raises(RequestRefused, match="EURUSD_otc"):
        runtime.client.bars("eurusd_oct")
    with pytest.raises(RequestRefused, match="history"):
        runtime.client.bars(ASSET, ticks=3, history=5)
    assert not failed


def in_a_thread(iterator: Iterator[Any]) -> tuple[threading.Thread, list[Any], threading.Event]:
    """Iterate to the end; the error that ends it is the last item, and the event is set by the first."""
    found: list[Any] = []
    begun = threading.Event()

    def run() -> None:
        try:
            for item in iterator:
                found.append(item)
                begun.set()
        except Exception as error:  # noqa: BLE001
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found, begun


def test_a_loop_ends_when_the_runtime_stops(runtime: Runtime) -> None:
    thread, found, begun = in_a_thread(runtime.client.ticks(ASSET))
    assert begun.wait(LIMIT)
    runtime.stop()
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert {type(item) for item in found} == {Tick}


def test_a_loop_ends_when_the_runtime_of_an_attachment_ends(runtime: Runtime, place: Path) -> None:
    with attach(place) as running:
        thread, found, begun = in_a_thread(running.client.events("tick.>"))
        assert begun.wait(LIMIT)
        runtime.stop()
        thread.join(LIMIT)
        assert not thread.is_alive()
        assert Exception not in {type(item) for item in found}


def test_a_loop_ends_when_it_is_closed_by_another_thread(runtime: Runtime) -> None:
    iterator = runtime.client.ticks(ASSET)
    thread, _, begun = in_a_thread(iterator)
    assert begun.wait(LIMIT)
    iterator.close()
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_a_loop_raises_the_failure_of_the_runtime(runtime: Runtime) -> None:
    thread, found, begun = in_a_thread(runtime.client.ticks(ASSET))
    assert begun.wait(LIMIT)
    failure = RequestError("the desk failed")
    runtime._escalate(failure)
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert found[-1] is failure


def test_an_iterator_of_what_there_is_not_is_refused_at_once(runtime: Runtime) -> None:
    with pytest.raises(RequestRefused, match="EURUSD_otc"):
        runtime.client.ticks("eurusd_oct")
    with pytest.raises(RequestRefused, match="no event"):
        runtime.client.events("tikc.>")


def test_a_client_serves_the_next_start_too(runtime: Runtime) -> None:
    client = runtime.client
    runtime.stop()
    with pytest.raises(RequestError):
        client.balance()
    runtime.start()
    assert client.balance(timeout=LIMIT).amount > 0
    assert next(client.ticks(ASSET)).asset == ASSET


def test_a_client_before_the_start_says_so() -> None:
    with pytest.raises(AttributeError, match="use `with Runtime"):
        Runtime(practice(0)).client.balance()


def test_handlers_are_called_with_the_events_of_a_topic(runtime: Runtime) -> None:
    opened = threading.Event()

    def on_order(_: Event) -> None:
        opened.set()

    assert runtime.client.subscribe("order.opened", on_order) == "order.opened"
    runtime.client.buy(ASSET, 1, minutes=1, timeout=LIMIT)
    assert opened.wait(LIMIT)
    assert runtime.client.unsubscribe("order.opened", on_order)
    assert not runtime.client.unsubscribe("order.opened", on_order)


def test_the_face_for_asyncio_iterates_and_calls_coroutines_in_its_loop() -> None:
    async def program() -> tuple[Deal, list[Deal], str]:
        opened: list[Deal] = []
        arrived = asyncio.Event()

        async def on_order(event: Any) -> None:
            opened.append(event.deal)
            arrived.set()

        async with AsyncRuntime(practice(0)) as runtime, asyncio.timeout(LIMIT):
            client = runtime.client
            topic = await client.subscribe("order.opened", on_order)
            async for tick in client.ticks(ASSET):
                assert tick.asset == ASSET
                break
            deal = await client.buy(ASSET, 1, minutes=1)
            await arrived.wait()
            assert await client.unsubscribe("order.opened", on_order)
            return deal, opened, topic

    deal, opened, topic = asyncio.run(program())
    assert [each.id for each in opened] == [deal.id]
    assert topic == "order.opened"


def test_an_attachment_and_a_runtime_have_one_client_each(runtime: Runtime, place: Path) -> None:
    assert runtime.client is runtime.client
    with attach(place) as running:
        assert isinstance(running, Attachment)
        assert running.client is running.client
