"""Print the ticks of an asset."""

from tellwire import Runtime

TICKS = 20

with Runtime.from_yaml("tellwire.yaml") as rt, rt.client.ticks("EURUSD_otc") as ticks:
    for _, tick in zip(range(TICKS), ticks, strict=False):
        print(tick.time, tick.price)
