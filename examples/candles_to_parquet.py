"""Load candles into a Parquet file (``pip install 'tellwire[pandas,parquet]'``)."""

from pathlib import Path

import pandas as pd
from tellwire import LoadCandles, Runtime

ASSET = "EURUSD_otc"
BARS = 1000
FILE = Path("candles.parquet")

with Runtime.from_yaml("tellwire.yaml") as rt:
    candles = rt.router.ask(LoadCandles(ASSET, period=60, count=BARS), timeout=120)

candles.to_pandas().to_parquet(FILE)
print(len(pd.read_parquet(FILE)), "bars in", FILE)
