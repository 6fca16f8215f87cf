"""Record ticks into a CSV file, a batch at a time, and say where ticks are missing."""

import csv
import time
from datetime import UTC, datetime
from pathlib import Path

from tellwire import Event, Lagged, Runtime, StreamGap, Subscribe, SubscribeTicks, Tick

ASSETS = ["EURUSD_otc", "GBPUSD_otc"]
FILE = Path("ticks.csv")
SECONDS = 60


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def on_hole(event: Event) -> None:
    match event:
        case StreamGap(asset=asset, from_time=start, to_time=end):
            print(f"{asset} has no ticks from {stamp(start)} to {stamp(end)}")
        case Lagged(missed=missed):
            print(f"this program was too slow for {missed} ticks")
        case _:
            pass


with FILE.open("a", newline="", encoding="utf-8") as file:
    rows = csv.writer(file)

    def write(ticks: list[Tick]) -> None:
        rows.writerows((stamp(tick.time), tick.asset, tick.price) for tick in ticks)

    with Runtime.from_yaml("tellwire.yaml") as rt:
        for topic in ("stream.gap", "lag.ticks"):
            rt.router.ask(Subscribe(topic, to=on_hole), timeout=10)
        # One subscription for all assets, so that one thread writes.
        rt.router.ask(Subscribe("tick.>", to=write, batch=True), timeout=10)
        for asset in ASSETS:
            rt.router.ask(SubscribeTicks(asset), timeout=10)
        time.sleep(SECONDS)

with FILE.open(encoding="utf-8") as file:
    print(sum(1 for _ in file), "ticks in", FILE)
