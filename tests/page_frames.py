"""``python -m tests.page_frames [SECONDS]``: the frames of the page with 200 streams at 20 ticks a second.

Prints how long the frames of the browser took, its long tasks (over 50 ms, which a person can notice), and
the messages that it got. No test: the figures are those of this machine, and of what else runs on it.
"""

import json
import sys
import threading

from actors.messages import GetStatus
from runtime import Runtime
from runtime.practice.market.listings import LISTINGS
from tests.browser import browser
from tests.journeys.journey import ask, practice

STREAMS, RATE, PER_CONNECTION = 200, 20.0, 4
WATCH = """
window.seen = {frames: [], tasks: [], messages: 0, bytes: 0};
new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((each) => each.duration)))
  .observe({type: "longtask"});
let last = performance.now();
const frame = (now) => { seen.frames.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
const source = new EventSource("/page/events");
source.onmessage = ({data}) => { seen.messages += 1; seen.bytes += data.length; };
"""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main(seconds: float) -> None:
    assets = [listing.symbol for listing in LISTINGS.values()]
    tradable = [symbol for symbol in assets if symbol.endswith("_otc")]
    assets = [*tradable, *(symbol for symbol in assets if symbol not in tradable)][:STREAMS]
    config = practice(
        2,
        *assets,
        tick_rate=RATE,
        pool={"connections": len(assets) // PER_CONNECTION + 1},
        status={"listen": "127.0.0.1:0"},
    )
    with Runtime(config) as runtime, browser() as tab:
        tab.resize(1440, 1000)
        tab.open(f"{runtime.status_url}/")
        tab.until(f"document.querySelectorAll('#stream-rows tr').length === {len(assets)}")
        tab.until("document.querySelectorAll('.state.fresh').length > 100")
        before = ask(runtime, GetStatus()).router.ticks
        tab.value(WATCH)
        threading.Event().wait(seconds)
        seen = json.loads(tab.value("JSON.stringify(seen)"))
        ticks = (ask(runtime, GetStatus()).router.ticks - before) / seconds
        assert tab.complaints == []
    frames = sorted(seen["frames"][1:])
    say(f"{len(assets)} streams, {ticks:.0f} ticks/s in the runtime")
    say(f"{seen['messages'] / seconds:.1f} messages/s of {seen['bytes'] / seen['messages']:.0f} bytes")
    say(f"{len(frames) / seconds:.1f} frames/s; 99 % within {frames[len(frames) * 99 // 100]:.1f} ms")
    say(f"{sum(frame > 50 for frame in frames)} frames over 50 ms, the longest {frames[-1]:.1f} ms")
    say(f"{len(seen['tasks'])} long tasks: {sorted(round(task) for task in seen['tasks'])}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
