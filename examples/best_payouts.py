"""List the open assets that pay best."""

from tellwire import Runtime

MOST = 10

with Runtime.from_yaml("tellwire.yaml") as rt:
    tradable = [asset for asset in rt.client.assets().values() if asset.tradable]
    for asset in sorted(tradable, key=lambda asset: (-asset.payout, asset.symbol))[:MOST]:
        print(f"{asset.symbol:<16} {asset.kind:<12} {asset.payout} %")
