"""How far away the regions are: a dial of each, timed step by step and closed again without a login."""

import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

import pykka
from loguru import logger
from msgspec import Struct

from actors.errors import DialFailed
from actors.messages.lifecycle import Tellable
from actors.messages.workers import ConnectionSettings
from actors.supervision.messages import RegionsProbed
from actors.transport.retry_after import http_date
from actors.transport.trace import DialStep, DialTrace
from actors.values import Region
from runtime.workers.dialing import dial_region

AT_ONCE: Final = 8
"""Regions probed side by side."""


class Probe(Struct, frozen=True):
    """The outcome of one attempt; the times of its steps are in seconds, ``None`` for what was not reached.

    ``upgrade`` is that of the HTTP request alone: a round trip and what the server takes for it.
    ``clock_offset`` is how far the server's clock is ahead of ours, to half a second;
    ``retry_after`` is how long the host asks not to be called.
    """

    region: str
    look_up: float | None = None
    connect: float | None = None
    tls: float | None = None
    upgrade: float | None = None
    clock_offset: float | None = None
    retry_after: float | None = None
    error: str = ""


def probe(regions: Sequence[Region], settings: ConnectionSettings) -> list[Probe]:
    """One ``Probe`` for each of ``regions``, in their order; blocks for ``open_timeout`` per eight at most.

    Those without ``error`` can be connected to, and the ``upgrade`` of those compares them. The session is
    not sent.
    """
    todo: queue.SimpleQueue[Region] = queue.SimpleQueue()
    done: queue.SimpleQueue[Probe] = queue.SimpleQueue()
    for region in regions:
        todo.put(region)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                done.put(_attempt(todo.get_nowait(), settings))

    # Daemons, unlike an executor's threads: a name whose look-up hangs must not hold up the program's end.
    for number in range(min(AT_ONCE, len(regions))):
        threading.Thread(target=work, name=f"probe-{number}", daemon=True).start()
    limit = settings.open_timeout * -(-len(regions) // AT_ONCE)
    found = {each.region: each for each in _collect(done, len(regions), time.monotonic() + limit)}
    late = f"no result within {limit:g} s"
    return [found.get(region.name) or Probe(region.name, error=late) for region in regions]


def probe_in_background(settings: ConnectionSettings, regions: Sequence[Region], to: Tellable) -> None:
    """``probe`` in a thread of its own; ``to`` is told ``RegionsProbed``."""

    def work() -> None:
        found = probe(regions, settings)
        for each in found:
            logger.debug("probed {}: {}", each.region, each.error or f"{each.upgrade or 0.0:.3f} s")
        round_trips = {each.region: each.upgrade for each in found if each.upgrade and not each.error}
        pauses = {each.region: each.retry_after for each in found if each.retry_after is not None}
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime was stopped meanwhile
            to.tell(RegionsProbed(round_trips, pauses))

    threading.Thread(target=work, name="probing", daemon=True).start()


def _collect(done: "queue.SimpleQueue[Probe]", count: int, until: float) -> Iterator[Probe]:
    with contextlib.suppress(queue.Empty):
        for _ in range(count):
            yield done.get(timeout=max(0.0, until - time.monotonic()))


def _attempt(region: Region, settings: ConnectionSettings) -> Probe:
    """A dial that is closed as soon as it is open."""
    trace = DialTrace()
    error, pause = "", None
    try:
        dial_region(region.url, settings, trace).close()
    except DialFailed as failure:
        error, pause = str(failure), failure.retry_after
    seconds = trace.seconds
    return Probe(
        region.name,
        look_up=seconds.get(DialStep.LOOK_UP),
        connect=seconds.get(DialStep.CONNECT),
        tls=seconds.get(DialStep.TLS),
        upgrade=seconds.get(DialStep.UPGRADE),
        clock_offset=_clock_offset(trace.answer.get("date", ""), seconds.get(DialStep.UPGRADE, 0.0)),
        retry_after=pause,
        error=error,
    )


def _clock_offset(date: str, round_trip: float) -> float | None:
    """``date`` is cut to whole seconds, and is taken to be of the middle of the round trip."""
    theirs = http_date(date)
    return None if theirs is None else theirs + 0.5 - (time.time() - round_trip / 2)
