"""One trial of a client against the load server: counts, cost and latency."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from labs.bench import settings
from labs.bench.processes import Child, Failed
from labs.bench.roster import Entrant
from labs.bench.venue import SESSION, BenchVenue
from labs.bench.words import Drop, Dropped, Finished, Offer, Pace, Prepare, Prepared, Saturate, Started

LOGIN = 30.0
"""Seconds until every stream is subscribed."""

SETTLE = 0.3
"""Seconds before the first tick, so that work after the login is not measured."""

LONGEST = 120.0
CALM = 1.0
WATCH_INTERVAL = 0.1
EURUSD = "EURUSD_otc"
EVERYTHING = "tick."


def symbols(count: int) -> list[str]:
    """Names of one length, as the load server wants them."""
    return [EURUSD, *(f"AST{number:03}_otc" for number in range(1, count))]


class Outcome(Struct, frozen=True):
    """``seconds`` from the first tick sent to the last handled.

    ``cpu_seconds`` and ``resident`` bytes are those of each process, its own first. ``times`` are sent and
    handled (UTC) and price of each tick, where it was timed; ``memory`` is all ``resident`` added up, ten
    times a second, where it was watched; ``slow`` is the slow subscriber's own report.
    """

    sent: int
    received: int
    missed: int
    disordered: int
    seconds: float
    cpu_seconds: list[float]
    resident: list[int]
    times: list[tuple[float, float, float]] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    slow: dict[str, Any] | None = None

    @property
    def lost(self) -> int:
        return self.sent - self.received - self.missed

    @property
    def sound(self) -> bool:
        """Whether every tick came once and in order, or was counted as missed."""
        slow = self.slow or {"received": self.sent, "missed": 0, "disordered": 0}
        accounted = slow["received"] + slow["missed"] == self.sent and not slow["disordered"]
        return not self.lost and not self.disordered and accounted

    @property
    def cpu_us(self) -> float:
        """CPU microseconds per tick, of all its processes."""
        return sum(self.cpu_seconds) / self.sent * 1e6

    @property
    def rate(self) -> float:
        """Ticks per second."""
        return self.sent / self.seconds


class Trial:
    """An entrant that has subscribed and is idle; a context manager."""

    def __init__(
        self,
        venue: BenchVenue,
        entrant: Entrant,
        assets: Sequence[str] = (EURUSD,),
        *,
        connections: int = 1,
        timed: bool = False,
        tls: bool = False,
    ) -> None:
        """The assets are spread evenly over the connections."""
        self._venue = venue
        self._entrant = entrant
        self._assets = list(assets)
        self._connections = connections
        self._timed = timed
        self._tls = tls or entrant.tls

    @contextlib.contextmanager
    def running(self) -> Iterator[Child]:
        venue, entrant = self._venue, self._entrant
        venue.tell(Offer(self._assets))
        url = venue.tls_url if self._tls else venue.url
        with tempfile.TemporaryDirectory(prefix="tellwire-bench-") as folder:
            options = dict(entrant.options)
            if entrant.ours:
                options["config"] = str(
                    settings.write(
                        Path(folder),
                        url=url,
                        session=SESSION,
                        assets=self._assets,
                        workers=options["workers"],
                        connections=self._connections,
                        authority=venue.authority if self._tls else None,
                    )
                )
                if len(self._assets) > 1:
                    options.setdefault("topic", EVERYTHING)
            brief = {
                "url": url,
                "authority": str(venue.authority) if self._tls else "",
                "session": SESSION,
                "connections": [self._assets[at :: self._connections] for at in range(self._connections)],
                "timed": self._timed,
                "options": options,
            }
            try:
                with Child(entrant.module, python=entrant.python, brief=brief) as child:
                    venue.wait_for_streams(len(self._assets), LOGIN)
                    time.sleep(SETTLE)
                    yield child
            finally:
                venue.wait_for_streams(0, LOGIN)

    def saturate(self, count: int, *, watched: bool = False) -> Outcome:
        """``count`` ticks as fast as they are read; with memory ``watched``, made as they are sent."""
        if not watched:
            carriers = min(len(self._assets), self._connections)
            each = len(self._assets) // carriers
            self._venue.tell(Prepare(count, carriers, each, len(self._assets[0])))
            self._venue.hear(Prepared, LONGEST)
        with self.running() as child:
            before = child.cpu_seconds()
            self._venue.tell(Saturate(count, keep=not watched))
            started = self._venue.hear(Started, LONGEST)
            return self._outcome(child, before, started, watched=watched)

    def pace(self, rate: float, seconds: float) -> Outcome:
        """``rate`` ticks a second, for ``seconds``."""
        with self.running() as child:
            before = child.cpu_seconds()
            self._venue.tell(Pace(self._assets, rate, seconds))
            return self._outcome(child, before, self._venue.hear(Started, LONGEST))

    def drop(self, patience: float) -> float | None:
        """Seconds from a hang-up to the first tick that was sent after it; ``None`` if it has not subscribed
        again within ``patience``."""
        with self.running() as child:
            self._venue.tell(Pace(self._assets, 1000.0, CALM + patience))
            time.sleep(CALM)
            self._venue.tell(Drop())
            dropped = self._venue.hear(Dropped, LONGEST)
            try:
                self._venue.wait_for_streams(0, LOGIN)
                self._venue.wait_for_streams(len(self._assets), patience)
            except Failed:
                return None
            time.sleep(SETTLE)
            self._venue.tell(Pace(self._assets, 1.0, 0.0))
            times: list[tuple[float, float, float]] = child.line(LONGEST)["times"]
        return next(handled - dropped.at for _, handled, price in times if price > dropped.price)

    def idle(self, seconds: float) -> float:
        """CPU seconds per second with nothing to do."""
        with self.running() as child:
            before, began = child.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            return sum(_since(before, child)) / (time.monotonic() - began)

    def _outcome(
        self, child: Child, before: list[float], started: Started, *, watched: bool = False
    ) -> Outcome:
        memory: list[int] = []
        while watched and not child.has_spoken(WATCH_INTERVAL):
            memory.append(sum(child.resident()))
        finished = self._venue.hear(Finished, LONGEST)
        report = child.line(LONGEST)
        return Outcome(
            sent=finished.sent,
            received=report["received"],
            missed=report.get("missed", 0),
            disordered=report["disordered"],
            seconds=report["ended_at"] - started.at,
            cpu_seconds=_since(before, child),
            resident=child.resident(),
            times=report.get("times", []),
            slow=report.get("slow"),
            memory=memory,
        )


def _since(before: list[float], child: Child) -> list[float]:
    """CPU seconds of each process since ``before``."""
    return [now - then for now, then in zip(child.cpu_seconds(), before, strict=True)]
