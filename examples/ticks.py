"""Print the ticks of an asset."""

import time

from tellwire import Runtime, Subscribe

SECONDS = 10

with Runtime.from_yaml("tellwire.yaml") as rt:
    rt.router.ask(Subscribe("tick.EURUSD_otc", to=print, stream=True), timeout=10)
    time.sleep(SECONDS)
