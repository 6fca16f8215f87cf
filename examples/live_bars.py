"""Act on bars as they close, and watch the one that forms; history comes first, without a hole."""

from collections import deque
from statistics import fmean

from tellwire import Runtime

ASSET = "EURUSD_otc"
SECONDS = 60
BARS = 3
SLOW = 20


def main() -> None:
    closes: deque[float] = deque(maxlen=SLOW)
    left = SLOW + BARS  # those of history first
    with (
        Runtime.from_yaml("tellwire.yaml") as rt,
        rt.client.bars(ASSET, seconds=SECONDS, history=SLOW) as bars,
    ):
        for bar in bars:
            if not bar.closed:
                print("forming", bar.candle.time, bar.candle.close)
                continue
            closes.append(bar.candle.close)
            left -= 1
            if left < BARS:
                side = "above" if closes[-1] > fmean(closes) else "not above"
                print("closed", bar.candle.time, bar.candle.close, side, "its average")
            if left == 0:
                break


if __name__ == "__main__":
    main()
