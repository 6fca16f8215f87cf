"""Bars in an event loop: history, then the bars as they form, until the iteration ends."""

import asyncio
from pathlib import Path

from actors.messages import BarClosed, BarForming, GetStatus, StreamDropped
from runtime import AsyncRuntime, attach_async
from tests.journeys.journey import ASSETS, practice

A = ASSETS[0]


def test_bars_are_iterated_after_those_of_history_and_the_series_ends_with_the_last_iteration(
    place: Path,
) -> None:
    async def main() -> None:
        settings = practice(0, tick_rate=10.0, control={"socket": str(place)})
        async with AsyncRuntime(settings) as rt, attach_async(place) as running, asyncio.timeout(40):
            found: list[BarClosed] = []
            forming = 0
            others = running.client.bars(A, seconds=1, history=2)
            async with rt.candles(A, 1, history=5) as bars, rt.candles(A, 1):
                async for bar in bars:
                    if isinstance(bar, BarForming):
                        forming += 1
                    else:
                        found.append(bar)
                    if len(found) >= 7:
                        break
                assert len(bars.history) == 5
            opened = [bar.candle.time for bar in found]
            assert opened == list(range(opened[0], opened[0] + len(opened)))
            assert forming

            heard = [await anext(others) for _ in range(3)]  # another owner: it goes on
            assert [bar.closed for bar in heard[:2]] == [True, True]
            assert [bar.candle for bar in heard[:2]] == list(others.history)
            assert (await rt.ask(GetStatus())).streams
            async with rt.events("stream.dropped") as dropped:
                await others.aclose()
                async for event in dropped:
                    assert isinstance(event, StreamDropped)
                    assert (event.asset, event.by) == (A, "candles")
                    break

    asyncio.run(main())
