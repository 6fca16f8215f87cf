"""The runtime through its public interface: a configuration file, ``Runtime``, ``Subscribe``, a handler.

Options: ``config``, the file; ``topic``; ``batch``, a handler of lists; ``inline``, a handler that is called
where the ticks are read; ``bystanders``, so many further
subscribers, to other assets; ``slow``, a second subscriber to all ticks that is too slow for them.
"""

import itertools
import time
from typing import Any

import pykka
from loguru import logger

from actors.messages import GetAssets, Lagged, Subscribe
from actors.values import Tick
from labs.bench.peer import Peer
from labs.bench.tally import END, Ended, Report
from runtime import Runtime

EVERYTHING = "tick."
ASK_TIMEOUT = 10.0
NAP, NAP_EVERY = 0.01, 1000
"""The slow handler sleeps for these seconds after this number of ticks: 10 µs each."""


class Misses(pykka.ThreadingActor):
    """Adds up the ticks that each subscriber missed; answers any ask with the sums."""

    def __init__(self) -> None:
        super().__init__()
        self._missed: dict[str, int] = {}

    def on_receive(self, message: Any) -> dict[str, int]:
        if isinstance(message, Lagged):
            self._missed[message.subscriber] = self._missed.get(message.subscriber, 0) + message.missed
        return self._missed


class Sightings:
    """The observations of one subscriber; its handlers do the same as those of ``labs.bench.tally``."""

    def __init__(self, assets: list[str]) -> None:
        self.ended = Ended(assets)
        self.count = self.disordered = 0
        self.times: list[tuple[float, float, float]] = []
        self._last = dict.fromkeys(assets, 0.0)

    def handler(self, peer: Peer) -> Any:
        if peer.timed:
            return self._timing()
        return self._count_list if peer.options.get("batch") else self.counting()

    def napping(self) -> Any:
        count, numbers = self.counting(), itertools.count(1)

        def handle(tick: Tick) -> None:
            if next(numbers) % NAP_EVERY == 0:
                time.sleep(NAP)
            count(tick)

        return handle

    def counting(self) -> Any:
        last, ended = self._last, self.ended
        count = disordered = 0

        def handle(tick: Tick) -> None:
            nonlocal count, disordered
            count += 1
            asset, price = tick.asset, tick.price
            if price <= last[asset]:
                disordered += 1
            last[asset] = price
            if price == END:
                self.count, self.disordered = count, disordered
                ended.end(asset)

        return handle

    def _timing(self) -> Any:
        count, times, clock = self.counting(), self.times, time.time

        def handle(tick: Tick) -> None:
            times.append((tick.time, clock(), tick.price))
            count(tick)

        return handle

    def _count_list(self, ticks: list[Tick]) -> None:
        """The handler of lists. It does not check each tick: the assets tick in turn, so that with the right
        number of ticks the ends of each list show that their order is right."""
        last, turns = self._last, len(self._last)
        self.count += len(ticks)
        for tick in ticks[:turns]:
            if tick.price <= last[tick.asset]:
                self.disordered += 1
        for tick in ticks[-turns:]:
            if tick.price < last[tick.asset]:
                self.disordered += 1
            last[tick.asset] = tick.price
            if tick.price == END:
                self.ended.end(tick.asset)

    def report(self, missed: int) -> Report:
        return {
            "received": self.count,
            "disordered": self.disordered,
            "missed": missed,
            "ended_at": self.ended.at,
            "times": self.times,
        }


def follow(peer: Peer, runtime: Runtime) -> Report:
    router, options = runtime.router, peer.options
    misses: pykka.ActorRef[Misses] = Misses.start()
    router.tell(Subscribe("lag.", to=misses))
    for number in range(options.get("bystanders", 0)):
        router.tell(Subscribe(f"tick.OTHER{number}_otc", to=len))
    topic = options.get("topic", f"tick.{peer.assets[0]}")
    seen, seen_slowly = Sightings(peer.assets), Sightings(peer.assets)
    if options.get("slow"):
        router.tell(Subscribe(EVERYTHING, to=seen_slowly.napping()))
    batch, inline = (bool(options.get(name)) for name in ("batch", "inline"))
    router.tell(Subscribe(topic, to=seen.handler(peer), batch=batch, inline=inline))
    seen.ended.wait()
    if options.get("slow"):
        seen_slowly.ended.wait()
    router.ask(GetAssets(), timeout=ASK_TIMEOUT)  # answered after every event about misses
    missed: Any = misses.ask(None, timeout=ASK_TIMEOUT)
    report = seen.report(missed.get(f"subscriber {topic}", 0))
    if options.get("slow"):
        report["slow"] = seen_slowly.report(missed.get(f"subscriber {EVERYTHING}", 0))
    misses.stop()
    return report


def main(peer: Peer) -> None:
    with Runtime.from_yaml(peer.options["config"], practice=False) as runtime:
        peer.report(follow(peer, runtime))


if __name__ == "__main__":
    logger.remove()
    main(Peer.briefed())
