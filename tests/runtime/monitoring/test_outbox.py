"""What waits for one page."""

import asyncio
import itertools
from typing import Any

import msgspec

from actors.messages.ticks import Ticks
from actors.messages.traffic import Deliver
from actors.values import Candle
from runtime.aio.loop_calls import LoopCalls
from runtime.monitoring.history import Note
from runtime.monitoring.outbox import MOST_CHANGES, PageOutbox, TimedPrice
from runtime.monitoring.quotes import PAUSE, QuoteTap

MANY = 20_000


def taken(outbox: PageOutbox) -> dict[str, Any]:
    event = outbox.take()
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    assert event.count(b"\n") == 2  # or it would be several events
    found: dict[str, Any] = msgspec.json.decode(event.removeprefix(b"data: "))
    return found


def test_only_the_newest_price_of_an_asset_and_form_of_a_bar_are_sent() -> None:
    outbox = PageOutbox([])
    outbox.put_history([Candle(0, 1.0, 1.0, 1.0, 1.0)])
    for number in range(1000):
        outbox.put_quotes({"A": (number, 1.0 + number), "B": (number, 2.0)})
        outbox.put_bar(Candle(60 * (number // 500), 1.0, 2.0, 1.0, float(number)))
    update = taken(outbox)
    assert update["quotes"] == {"A": [999, 1000.0], "B": [999, 2.0]}
    first, then = update["bars"]
    assert first["first"]
    assert [bar[4] for bar in then["bars"]] == [499.0, 999.0]
    assert taken(outbox) == {}


def test_every_change_is_sent_and_a_text_with_a_new_line_stays_one_event() -> None:
    outbox = PageOutbox([Note("alert", 1.0, "a\ndata: b", "c")])
    outbox.put_changes([Note("alert", 2.0, "d", "e")] * 3)
    assert [change["name"] for change in taken(outbox)["changes"]] == ["a\ndata: b", "d", "d", "d"]


def test_one_that_leaves_too_much_unread_is_too_full() -> None:
    outbox = PageOutbox([])
    outbox.put_changes([Note("alert", 2.0, "d", "e")] * MOST_CHANGES)
    assert not outbox.is_too_full
    outbox.put_changes([Note("alert", 2.0, "d", "e")])
    assert outbox.is_too_full


def test_however_many_ticks_come_the_loop_takes_them_a_few_times_a_second() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        taken_at: list[float] = []
        quotes: dict[str, TimedPrice] = {}
        complete = asyncio.Event()
        count = 0

        def take(newest: dict[str, TimedPrice]) -> None:
            taken_at.append(loop.time())
            quotes.update(newest)
            if quotes["A"][1] == MANY:
                complete.set()

        tap = QuoteTap(LoopCalls(loop), take)
        while count < MANY:
            count += 1
            tap.tell(Deliver([Ticks(0.0, ["A", "B"], [0, 1, 0], [1.0, 2.0, 3.0], [5.0, 6.0, count])]))
            await asyncio.sleep(0)
        await complete.wait()
        assert quotes == {"A": (3.0, MANY), "B": (2.0, 6.0)}
        assert all(later - earlier >= 0.9 * PAUSE for earlier, later in itertools.pairwise(taken_at))

    asyncio.run(run())
