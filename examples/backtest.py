"""Run a bot through a day in seconds: its program is the real one, the exchange's clock is moved."""

import tempfile
from pathlib import Path

from sma_bot import SLOW, decide
from tellwire import Config, LoadCandles, PlaceOrder, Runtime

from runtime.testing import ManualExchange

ASSET = "EURUSD_otc"
HOURS = 24
STAKE = 5
SECONDS = 300


def trade_a_minute(exchange: ManualExchange, rt: Runtime) -> None:
    """The bot, once a minute: it looks at the candles, and maybe opens a deal."""
    candles = rt.router.ask(LoadCandles(ASSET, 60, count=SLOW + 1, end=int(exchange.now)), timeout=10)
    direction = decide([candle.close for candle in candles])
    if direction is not None:
        rt.router.ask(PlaceOrder(ASSET, STAKE, direction, SECONDS), timeout=10)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ManualExchange() as exchange:
        settings = Config.model_validate(exchange.runtime_settings(Path(folder) / "orders.sqlite"))
        with Runtime(settings) as rt, exchange.followed_by(rt):
            for _ in range(HOURS * 60):
                trade_a_minute(exchange, rt)
                exchange.advance(60)
            exchange.advance(SECONDS)  # the last deals close
        deals = exchange.deals().to_pandas()
        print(deals[["asset", "direction", "open_price", "close_price", "profit", "outcome"]])
        print(f"{len(deals)} deals in {HOURS} h, profit {deals['profit'].sum():.2f}")


if __name__ == "__main__":
    main()
