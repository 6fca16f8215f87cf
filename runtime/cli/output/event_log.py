"""The plain log: a line for each event that matters, and a line of status at intervals."""

from typing import Any

from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.messages.events import (
    ActorRestarted,
    BalanceChanged,
    ConnectionDown,
    ConnectionUp,
    Event,
    Lagged,
    StreamConfirmed,
    StreamRecovered,
    WorkerUp,
)
from actors.messages.status import Status
from actors.values import Balance, Tick
from runtime.cli.output.base import fetch_status
from runtime.cli.output.counters import Summary
from runtime.logs import EVERY, Line, Write


class EventLog:
    """Logs the events that no actor logs itself."""

    def __init__(self) -> None:
        self._balance: Balance | None = None

    def show(self, events: list[Any]) -> None:
        for event in events:
            if type(event) is not Tick:
                self._log_event(event)

    def _log_event(self, event: Event) -> None:
        match event:
            case ConnectionUp():
                logger.info("{} is up in {}", event.connection, event.region)
            case ConnectionDown(reason="stopped"):
                logger.info("{} is closed", event.connection)
            case ActorRestarted():
                logger.info("{} starts again, attempt {}", event.name, event.attempt)
            case WorkerUp():
                logger.info("{} is up, pid {}", event.worker, event.pid)
            case StreamConfirmed():
                logger.debug("{} streams on {}", event.asset, event.connection)
            case StreamRecovered(missing=()):
                logger.info("{} delivers again, on {}", event.asset, event.connection)
            case StreamRecovered():
                missing = sum(end - start for start, end in event.missing)
                text = "{} delivers again, on {}; {:.1f} s of its gap have no candles: {}"
                logger.info(text, event.asset, event.connection, missing, event.reason)
            case Lagged():
                text = "{} was too slow for {} ticks: let its handler do less, or take lists (batch=True)"
                logger.warning(text, event.subscriber, event.missed)
            case BalanceChanged() if event.balance != self._balance:
                self._balance = event.balance
                logger.info("the {} balance is {:,.2f}", event.balance.account.value, event.balance.amount)


class PlainLog:
    """An output of log lines only."""

    interval = 10.0

    def __init__(self, write_log: Write) -> None:
        self._write_log = write_log
        self._events = EventLog()
        self._router: RouterRef
        self._ticks = 0

    def write_log(self, line: Line) -> None:
        self._write_log(line)

    def open(self, router: RouterRef) -> None:
        self._router = router

    @property
    def is_live(self) -> bool:
        """Whether the runtime goes on."""
        return self._router.is_alive()

    def show(self, events: list[Any]) -> None:
        self._events.show(events)

    def refresh(self) -> None:
        status = fetch_status(self._router)
        if status is None:
            logger.warning("no status came in time: the runtime is busy, or hangs; look at its CPU time")
            return
        logger.info("{}", self._status_line(status))
        self._ticks = status.router.ticks

    def close(self) -> None:
        """Nothing to do: the last events follow."""

    def restore(self) -> None:
        """Nothing to do: nothing was taken of the terminal."""

    def summarise(self, summary: Summary) -> None:
        log_summary(summary)

    def _status_line(self, status: Status) -> str:
        up = sum(connection.child.state == "up" for connection in status.connections)
        confirmed = sum(stream.placed.state == "confirmed" for stream in status.streams)
        rate = (status.router.ticks - self._ticks) / self.interval
        return (
            f"{up}/{len(status.connections)} connections up, {confirmed}/{len(status.streams)} streams"
            f" confirmed, {status.router.ticks:,} ticks ({rate:,.1f}/s), {status.router.events:,} events"
        )


def log_summary(summary: Summary) -> None:
    """A run in a few lines, for people."""
    missed = f", {summary.missed:,} missed" if summary.missed else ""
    logger.info(
        "ran {:.1f} s: {:,} ticks{}, {:,} other events; restarts: {}, gaps: {}",
        summary.duration,
        summary.ticks,
        missed,
        summary.events,
        summary.restarts,
        summary.gaps,
    )
    unlimited = logger.bind(**{EVERY: True})  # there may be more streams than ``log.repeat_limit``
    for asset, stream in summary.streams.items():
        price = "no price" if stream.last_price is None else f"last price {stream.last_price:.10g}"
        unlimited.info("{}: {:,} ticks, {}; gaps: {}", asset, stream.ticks, price, stream.gaps)
