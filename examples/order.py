"""Place one order and wait for its result."""

from tellwire import Runtime

SECONDS = 60

with Runtime.from_yaml("tellwire.yaml") as rt:
    deal = rt.client.buy("EURUSD_otc", 1, seconds=SECONDS)
    print(f"open at {deal.open_price}, pays {deal.payout} %")
    closed = rt.client.result(deal)
    print(closed.outcome, closed.profit)
    print("balance", rt.client.balance().amount)
