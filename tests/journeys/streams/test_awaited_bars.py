"""Bars in an event loop: history, then the bars as they form, until the iteration ends."""

import asyncio

from actors.messages import BarClosed, BarForming, GetStatus, StreamDropped
from runtime import AsyncRuntime
from tests.journeys.journey import ASSETS, practice

A = ASSETS[0]


def test_bars_are_iterated_after_those_of_history_and_the_series_ends_with_the_iteration() -> None:
    async def main() -> None:
        async with AsyncRuntime(practice(0, tick_rate=10.0)) as rt, asyncio.timeout(40):
            found: list[BarClosed] = []
            forming = 0
            async with rt.candles(A, 1, history=5) as bars, rt.candles(A, 1) as others:
                async for bar in bars:
                    if isinstance(bar, BarForming):
                        forming += 1
                    else:
                        found.append(bar)
                    if len(found) >= 8:
                        break
                await others.aclose()
                assert (await rt.ask(GetStatus())).streams
                dropped = rt.events("stream.dropped")
                await dropped.begin()
            opened = [bar.candle.time for bar in found]
            assert opened == list(range(opened[0], opened[0] + len(opened)))
            assert forming
            async for event in dropped:
                assert isinstance(event, StreamDropped)
                assert (event.asset, event.by) == (A, "candles")
                break

    asyncio.run(main())
