"""Load the last hour of an asset, and print its range."""

from tellwire import Runtime

ASSET = "EURUSD_otc"

with Runtime.from_yaml("tellwire.yaml") as rt:
    candles = rt.client.candles(ASSET, minutes=1, count=60)
    low, high = min(candle.low for candle in candles), max(candle.high for candle in candles)
    print(f"{ASSET}: {len(candles)} bars, from {low} to {high}, last {candles[-1].close}")
