"""Pause a strategy while a stream is silent, and go on when what was missed has been loaded."""

import time

from tellwire import (
    CandlesLoaded,
    Event,
    Runtime,
    StreamGap,
    StreamRecovered,
    StreamStale,
    Subscribe,
    SubscribeTicks,
)

ASSET = "EURUSD_otc"
SECONDS = 3600.0

paused: set[str] = set()


def on_stream(event: Event) -> None:
    match event:
        case StreamStale(asset=asset, silent_for=seconds, cure=cure):
            paused.add(asset)
            print(f"{asset}: silent for {seconds:.1f} s; the runtime tries: {cure}")
        case StreamGap(asset=asset, from_time=start, to_time=end):
            print(f"{asset}: {end - start:.1f} s are missing")
        case StreamRecovered(asset=asset, filled=bars):
            paused.discard(asset)
            print(f"{asset}: recovered, {bars} bars loaded")
        case _:
            pass


def on_candles(event: CandlesLoaded) -> None:
    print(f"{event.asset}: {len(event.candles)} bars of {event.period} s")


with Runtime.from_yaml("tellwire.yaml") as rt:
    rt.router.ask(Subscribe("stream.>", to=on_stream), timeout=10)
    rt.router.ask(Subscribe(f"candles.{ASSET}", to=on_candles), timeout=10)
    rt.router.ask(SubscribeTicks(ASSET), timeout=10)
    time.sleep(SECONDS)
    print("paused now:", sorted(paused) or "nothing")
