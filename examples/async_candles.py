"""Load the candles of many assets at once, within the rate that the venue allows."""

import asyncio

from tellwire import AsyncRuntime, CandleList, RequestError

ASSETS = ["EURUSD_otc", "GBPUSD_otc", "AUDCAD_otc", "AUDCHF_otc"]
BARS = 300


async def load(rt: AsyncRuntime, asset: str) -> tuple[str, CandleList]:
    return asset, await rt.client.candles(asset, minutes=1, count=BARS, timeout=60)


async def main() -> None:
    async with AsyncRuntime.from_yaml("tellwire.yaml") as rt:
        for task in asyncio.as_completed([load(rt, asset) for asset in ASSETS]):
            try:
                asset, candles = await task
            except RequestError as error:
                print(error)
            else:
                change = candles[-1].close / candles[0].open - 1
                print(f"{asset:<12} {len(candles)} bars  {change:+.3%}")


asyncio.run(main())
