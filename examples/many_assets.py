"""Stream all assets that pay well, and show which of them moved most."""

import time
from threading import Lock

from tellwire import GetAssets, GetStatus, RequestRefused, Runtime, Subscribe, Tick

PAYS = 70
SECONDS = 30

first: dict[str, float] = {}
last: dict[str, float] = {}
lock = Lock()  # each subscription has a thread of its own


def on_tick(tick: Tick) -> None:
    with lock:
        first.setdefault(tick.asset, tick.price)
        last[tick.asset] = tick.price


with Runtime.from_yaml("tellwire.yaml") as rt:
    assets = rt.router.ask(GetAssets(search="otc"), timeout=10).values()
    for asset in assets:
        if asset.tradable and asset.payout >= PAYS:
            try:
                rt.router.ask(Subscribe(f"tick.{asset.symbol}", to=on_tick, stream=True), timeout=10)
            except RequestRefused as error:
                print(error)  # the pool is full: more connections carry more streams
                break
    time.sleep(SECONDS)
    with lock:
        moves = {asset: last[asset] / first[asset] - 1 for asset in first}
    for symbol, move in sorted(moves.items(), key=lambda item: -abs(item[1]))[:10]:
        print(f"{symbol:<16} {move:+.4%}")
    print(len(rt.router.ask(GetStatus(), timeout=5).streams), "streams")
