"""The rig of a fault: a runtime, its exchange, and a witness of all events."""

import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pykka

from actors.errors import RequestError
from actors.messages import Command, ConnectionUp, Event, GetStatus, Lagged, PlaceOrder, StreamGap, Subscribe
from actors.messages.status import Status
from actors.values import Direction, Tick
from labs.faults.program import Program, program
from labs.faults.relay import Relay
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange, PracticeSettings, SentTick

WAIT_TIMEOUT = 15.0
"""Seconds that a round waits for an event; longer than every limit, so that a figure shows the excess."""

NOTICED, FRESH = "noticed", "fresh again"
"""The figures of most faults, in seconds."""

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc")
CLOCKS = {"open_timeout": 2.0, "ping_interval": 1.0, "ping_timeout": 1.0}
"""For ``connection``: shorter times than the defaults, so that a round takes seconds."""

REPORTED = 3.0
"""Seconds until a gap is announced; that needs a report of the connection, made once a second."""

ORDER_DEADLINE = 10.0
OPENED = "opened"

E = TypeVar("E", bound=Event)


class Violated(Exception):
    """A promise of the runtime is broken."""


class Witness:
    """A handler that records every event."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._news: list[Event] = []
        self._ticks: defaultdict[str, list[Tick]] = defaultdict(list)

    def __call__(self, batch: list[Any]) -> None:
        with self._changed:
            for event in batch:
                if type(event) is Tick:
                    self._ticks[event.asset].append(event)
                else:
                    self._news.append(event)
            self._changed.notify_all()

    def all(self, kind: type[E]) -> list[E]:
        with self._changed:
            return [event for event in self._news if isinstance(event, kind)]

    def ticks(self, asset: str) -> list[Tick]:
        with self._changed:
            return self._ticks[asset].copy()

    def last(self, asset: str) -> float:
        """The time of the last tick of an asset; 0 before the first."""
        with self._changed:
            return self._ticks[asset][-1].time if self._ticks[asset] else 0.0

    def wait(self, holds: Callable[[], bool], what: str, timeout: float = WAIT_TIMEOUT) -> None:
        """Wait until ``holds()`` is true; raises ``Violated`` after ``WAIT_TIMEOUT``."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout):
                raise Violated(f"{what}: not within {timeout:g} s")

    def first(self, kind: type[E], timeout: float = WAIT_TIMEOUT, **fields: Any) -> E:
        """The first event of ``kind`` with these fields."""

        def found() -> list[E]:
            return [
                event
                for event in self.all(kind)
                if all(getattr(event, name) == value for name, value in fields.items())
            ]

        self.wait(lambda: bool(found()), f"{kind.__name__} {fields or ''}", timeout)
        return found()[0]


class Rig:
    """``relay`` is in front of the exchange, if one was requested; ``router`` is that of the runtime."""

    def __init__(
        self,
        exchange: PracticeExchange,
        router: pykka.ActorRef[Any],
        assets: Sequence[str],
        relay: Relay | None = None,
    ) -> None:
        self.exchange = exchange
        self.router = router
        self.assets = tuple(assets)
        self.witness = Witness()
        self._relay = relay
        router.tell(Subscribe("", to=self.witness, batch=True))

    @property
    def relay(self) -> Relay:
        assert self._relay is not None
        return self._relay

    def ask(self, command: Command, timeout: float = 10.0) -> Any:
        return self.router.ask(command, timeout=timeout)

    def status(self) -> Status:
        status = self.ask(GetStatus())
        assert isinstance(status, Status)
        return status

    def up(self, connections: int = 2, life: int = 1) -> None:
        """Wait until ``connections`` connections are in this life or a later one."""

        def risen() -> bool:
            lives = {up.connection: up.epoch for up in self.witness.all(ConnectionUp)}
            return sum(epoch >= life for epoch in lives.values()) >= connections

        self.witness.wait(risen, f"life {life} of {connections} connections")

    def fresh(
        self, since: float = 0.0, assets: Iterable[str] | None = None, timeout: float = WAIT_TIMEOUT
    ) -> float:
        """Seconds from ``since`` (wall clock) until every stream had a later tick."""
        wanted = self.assets if assets is None else tuple(assets)
        self.witness.wait(
            lambda: all(self.witness.last(asset) > since for asset in wanted),
            "fresh ticks of every stream",
            timeout,
        )
        firsts = (next(tick for tick in self.witness.ticks(asset) if tick.time > since) for asset in wanted)
        return max((tick.received_at for tick in firsts), default=since) - since

    def audit(self) -> None:
        """Compare with the ledger: each tick arrived once or lies in an announced gap."""
        if missed := sum(lag.missed for lag in self.witness.all(Lagged)):
            raise Violated(f"{missed} ticks gave way: a handler as quick as ours was taken for a slow one")
        gaps = len(self.witness.all(StreamGap))

        def more_gaps() -> bool:
            return len(self.witness.all(StreamGap)) > gaps

        while problems := [each for asset in self.assets if (each := self._problem(asset))]:
            try:
                self.witness.wait(more_gaps, "a gap", REPORTED)
            except Violated:
                raise Violated("; ".join(problems)) from None
            gaps = len(self.witness.all(StreamGap))

    def gaps(self, asset: str) -> list[StreamGap]:
        return [gap for gap in self.witness.all(StreamGap) if gap.asset == asset]

    def _problem(self, asset: str) -> str:
        ours = _quotes(self.witness.ticks(asset))
        sent = set(_quotes(self.exchange.ledger.ticks(asset)))
        if not ours:
            return f"{asset}: no tick"
        if ours != sorted(set(ours)):
            return f"{asset}: ticks doubled or out of order"
        known = set(ours)
        if not known <= sent:
            return f"{asset}: ticks that were never sent"
        spans = [(gap.from_time, gap.to_time) for gap in self.gaps(asset)]
        missed = [at for at, _ in sent - known if ours[0][0] < at < ours[-1][0]]
        lost = [at for at in missed if not any(start < at < end for start, end in spans)]
        return f"{asset}: of {len(missed)} missed ticks, {lost} lie outside of {spans}" if lost else ""


@contextmanager
def rig(
    *assets: str,
    tick_rate: float = 20.0,
    relay: bool = False,
    before: Callable[[PracticeExchange], object] = lambda _: None,
    **sections: dict[str, Any],
) -> Iterator[Rig]:
    """A runtime of this process, with a worker, that streams ``assets``; ``sections`` amend its settings.

    ``before`` its start something may be done to the exchange. Ends with an audit.
    """
    with ExitStack() as stack:
        exchange = stack.enter_context(PracticeExchange(generous(tick_rate)))
        ports = [urlsplit(region.url).port or 0 for region in exchange.regions]
        standing = stack.enter_context(Relay(ports[0])) if relay else None
        before(exchange)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tw-"))
        settings = settings_for(exchange, [standing.port] if standing else ports, assets, sections)
        settings["orders"] |= {"journal": str(Path(folder) / "orders.sqlite")}
        settings["control"] = {"enabled": False}
        runtime = stack.enter_context(Runtime(Config.model_validate(settings)))
        on_rig = Rig(exchange, runtime.router, assets, standing)
        yield on_rig
        on_rig.audit()


@contextmanager
def programmed(
    *assets: str,
    tick_rate: float = 20.0,
    prefix: tuple[str, ...] = (),
    before: Callable[[PracticeExchange], object] = lambda _: None,
    **sections: dict[str, Any],
) -> Iterator[tuple[Rig, Program]]:
    """The same with the runtime as a program of its own, attached to; without an audit."""
    with PracticeExchange(generous(tick_rate)) as exchange:
        ports = [urlsplit(region.url).port or 0 for region in exchange.regions]
        before(exchange)
        settings = settings_for(exchange, ports, assets, sections)
        with program(settings, prefix) as running, running.attach() as attachment:
            yield Rig(exchange, attachment.router, assets), running


def place(on: Rig, number: int) -> str:
    """Place an order unlike all others of the rig. Returns ``OPENED`` or the name of the error."""
    order = PlaceOrder(
        ASSETS[number % 4], 1 + Decimal(number) / 100, Direction.CALL, 60, deadline=ORDER_DEADLINE
    )
    try:
        on.ask(order, ORDER_DEADLINE + 2.0)
    except RequestError as error:
        return type(error).__name__
    return OPENED


def generous(tick_rate: float) -> PracticeSettings:
    """An exchange with a balance and a number of deals that refuse no order."""
    return PracticeSettings(
        tick_rate=tick_rate, minimum_duration=1, max_deals=1000, balance=Decimal(1_000_000)
    )


def settings_for(
    exchange: PracticeExchange,
    ports: Iterable[int],
    assets: Iterable[str],
    sections: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Settings with short times and high limits."""
    url = "ws://127.0.0.1:{}/socket.io/?EIO=4&transport=websocket"
    settings: dict[str, Any] = {
        "account": {"session": exchange.session},
        "regions": {"demo": [{"name": f"REGION-{port}", "url": url.format(port)} for port in ports]},
        "streams": [{"asset": asset} for asset in assets],
        "connection": CLOCKS,
        "reconnect": {"max_delay": 2.0},
        "limits": {"messages": ["1000/s"], "connects": ["100/s"], "max_concurrent_operations": 200},
        "orders": {"maximum_open": 1000},
    }
    for name, section in sections.items():
        settings[name] = settings.get(name, {}) | section
    return settings


def _quotes(ticks: Iterable[Tick | SentTick]) -> list[tuple[float, float]]:
    return [(tick.time, tick.price) for tick in ticks]
