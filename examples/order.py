"""Place one order and wait for its result."""

from tellwire import AwaitResult, Direction, GetBalance, PlaceOrder, Runtime

SECONDS = 60

with Runtime.from_yaml("tellwire.yaml") as rt:
    deal = rt.router.ask(PlaceOrder("EURUSD_otc", 1, Direction.CALL, SECONDS), timeout=10)
    print(f"open at {deal.open_price}, pays {deal.payout} %")
    closed = rt.router.ask(AwaitResult(deal.id), timeout=SECONDS + 30)
    print(closed.outcome, closed.profit)
    print("balance", rt.router.ask(GetBalance(), timeout=10).amount)
