"""Load candles into a Parquet file (``pip install 'tellwire[parquet]' pandas``)."""

from pathlib import Path

import pandas as pd
from msgspec import structs
from tellwire import LoadCandles, Runtime

ASSET = "EURUSD_otc"
BARS = 1000
FILE = Path("candles.parquet")

with Runtime.from_yaml("tellwire.yaml") as rt:
    candles = rt.router.ask(LoadCandles(ASSET, period=60, count=BARS), timeout=120)

table = pd.DataFrame([structs.asdict(candle) for candle in candles])
table["time"] = pd.to_datetime(table["time"], unit="s", utc=True)
table.to_parquet(FILE, index=False)
print(len(pd.read_parquet(FILE)), "bars in", FILE)
