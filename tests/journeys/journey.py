"""What the journeys share: a handler that records every event, and the comparison with the ledger."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

from actors.messages import (
    Command,
    ConnectionDown,
    ConnectionSuspect,
    ConnectionUp,
    Event,
    GetStatus,
    StreamGap,
)
from actors.messages.status import Status
from actors.messages.traffic import EventBatch
from actors.values import Tick
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange, SentTick
from runtime.practice.records import ReceivedEvent

WITH_WORKERS = pytest.mark.parametrize("workers", [0, 1, 2])
DEADLINE = 10.0
"""Seconds that a test waits for an event or an answer: many times what it takes, for a busy machine."""

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc")

JITTER = 0.4
"""Seconds by which a busy machine may shorten the interval between two arrivals at the exchange."""

AT_ONCE = {"reconnect_delay": 0.05, "max_delay": 0.05, "jitter": False}
"""For ``reconnect``: connections come back as soon as a region opens."""

E = TypeVar("E", bound=Event)
Start = Callable[..., Runtime]


class Notebook:
    """A handler for ``Subscribe`` that records events; ``calls`` has each argument: an event or a list."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Any] = []
        self.calls: list[Any] = []

    def __call__(self, event: Any) -> None:
        with self._changed:
            self.calls.append(event)
            self._events.extend(event if isinstance(event, list) else [event])
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._events)

    def all(self, kind: type[E]) -> list[E]:
        with self._changed:
            return [event for event in self._events if isinstance(event, kind)]

    def ticks(self, asset: str | None = None) -> list[Tick]:
        with self._changed:
            ticks = [event for event in self._events if type(event) is Tick]
        return [tick for tick in ticks if asset in {None, tick.asset}]

    def wait(self, holds: Callable[["Notebook"], bool], timeout: float = DEADLINE) -> bool:
        """Wait until ``holds(notebook)`` is true. Returns ``False`` after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), timeout)

    def first(self, kind: type[E], timeout: float = DEADLINE, **fields: Any) -> E:
        """The first event of ``kind`` with these fields; fails the test if none comes."""

        def found() -> list[E]:
            return [
                event
                for event in self.all(kind)
                if all(getattr(event, name) == value for name, value in fields.items())
            ]

        assert self.wait(lambda _: bool(found()), timeout), f"no {kind.__name__} with {fields}"
        return found()[0]


def practice(workers: int, *assets: str, tick_rate: float = 50.0, **sections: dict[str, Any]) -> Config:
    """A configuration that streams ``assets`` from the embedded exchange; ``sections`` amend it."""
    settings: dict[str, Any] = {
        "pool": {"workers": workers},
        "practice": {"tick_rate": tick_rate},
        "limits": {"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100},
        "streams": [{"asset": asset} for asset in assets],
    }
    for name, section in sections.items():
        settings[name] = settings.get(name, {}) | section
    return Config.model_validate(settings)


def towards(session: str, urls: Sequence[str], workers: int, **sections: dict[str, Any]) -> dict[str, Any]:
    """Settings for a demo session and regions of our own, tried in the order of ``urls``."""
    regions = [{"name": f"REGION-{number}", "url": url} for number, url in enumerate(urls, start=1)]
    settings: dict[str, Any] = {
        "account": {"session": session},
        "regions": {"demo": regions},
        "pool": {"workers": workers, "connections": 1},
        "reconnect": {"reconnect_delay": 0.05, "refusal_delay": 0.05, "jitter": False},
    }
    for name, section in sections.items():
        settings[name] = settings.get(name, {}) | section
    return settings


def exchange_of(runtime: Runtime) -> PracticeExchange:
    assert runtime.exchange is not None
    return runtime.exchange


def busiest(events: Sequence[ReceivedEvent], window: float) -> int:
    """The largest number of events that arrived within ``window`` seconds."""
    recent: deque[float] = deque()
    most = 0
    for at in sorted(event.at for event in events):
        recent.append(at)
        while at - recent[0] >= window:
            recent.popleft()
        most = max(most, len(recent))
    return most


def quotes(ticks: Iterable[Tick | SentTick]) -> list[tuple[float, float]]:
    return [(tick.time, tick.price) for tick in ticks]


def each_once(sent: Iterable[SentTick]) -> list[SentTick]:
    """Ticks by time; one that was sent to several sockets appears once."""
    return sorted({(tick.time, tick.price): tick for tick in sent}.values(), key=lambda tick: tick.time)


def assert_lossless(got: Sequence[Tick], sent: Sequence[SentTick]) -> None:
    """``got`` has every tick that was sent since its first one, in the same order, each once."""
    assert got
    ours, theirs = quotes(got), quotes(sent)
    start = theirs.index(ours[0])
    assert ours == theirs[start : start + len(ours)]


def assert_accounted_for(got: Sequence[Tick], sent: Sequence[SentTick], gaps: Iterable[StreamGap]) -> None:
    """The ticks of one asset arrived once and in order; each that is missing lies in an announced gap."""
    ours = quotes(got)
    assert ours == sorted(set(ours))
    known = set(ours)
    missed = [quote for quote in quotes(sent) if ours[0] < quote <= ours[-1] and quote not in known]
    spans = [(gap.from_time, gap.to_time) for gap in gaps]
    silent = [quote for quote in missed if not any(start < quote[0] < end for start, end in spans)]
    assert not silent, f"{len(silent)} of {len(missed)} missed ticks lie outside of {spans}"
    assert known <= set(quotes(sent))


def ask(runtime: Runtime, command: Command) -> Any:
    """The answer of the router; raises an error that it answers."""
    return runtime.router.ask(command, timeout=DEADLINE)


def status_of(runtime: Runtime) -> Status:
    status = ask(runtime, GetStatus())
    assert isinstance(status, Status)
    return status


def streams_by_connection(status: Status) -> Counter[str]:
    return Counter(stream.placed.connection for stream in status.streams)


def eventually(runtime: Runtime, notebook: Notebook, holds: Callable[[Status], bool]) -> Status:
    """The first status for which ``holds`` is true; asks for one after every event in ``notebook``."""
    due = time.monotonic() + DEADLINE
    while not holds(status := status_of(runtime)):
        count = len(notebook)
        assert notebook.wait(lambda book, count=count: len(book) > count, due - time.monotonic()), status  # type: ignore[misc]
        assert time.monotonic() < due, status
    return status


def suspect(runtime: Runtime, *names: str) -> None:
    """Have the supervisor replace these connections, as if the health monitor suspected them."""
    epochs = {connection.child.name: connection.child.epoch for connection in status_of(runtime).connections}
    events = [ConnectionSuspect(name, epochs[name], "on trial") for name in names]
    runtime.router.tell(EventBatch("test", list(events)))


def cut_off(runtime: Runtime, notebook: Notebook) -> None:
    """Close every region while both connections are up, and wait until both are down.

    ``notebook`` must have recorded events of connections from the start."""
    # The last region first: connections leave a closed region for the next, which must be closed by then.
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
    exchange = exchange_of(runtime)
    for region in reversed(exchange.regions):
        exchange.close_region(region.name)
    for name in ("connection-1", "connection-2"):
        notebook.first(ConnectionDown, connection=name, was_ready=True)
