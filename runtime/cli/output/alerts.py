"""What an operator has to act on, or to know before trading, the most severe first; no I/O, no clock."""

import enum
import shlex
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from actors.messages.status import Status
from actors.messages.supervision import CONNECT_AGAIN
from runtime.cli.output.snapshot import Snapshot
from runtime.cli.output.texts import amount_text
from runtime.system.reload_texts import last_reloads, pending_text

CLOCK_TOLERANCE: Final = 1.0
"""Seconds between the venue's clock and ours that are worth no line; a deal lasts at least five."""

OLD_STATUS: Final = 3.0
"""Seconds after which a status is too old to be believed."""

NEARLY: Final = Decimal("0.8")
"""The part of a limit from which on it is told."""


class Urgency(enum.IntEnum):
    """The most severe has the lowest number."""

    ERROR = 0
    WARNING = 1
    INFO = 2


class Remark(NamedTuple):
    urgency: Urgency
    text: str


def alerts(snapshot: Snapshot) -> list[Remark]:
    """One line of text for each."""
    status = snapshot.status
    found: list[Remark] = []
    if snapshot.status_age >= OLD_STATUS:
        text = f"the runtime has not answered for {snapshot.status_age:.0f} s: what is shown is old"
        found.append(Remark(Urgency.ERROR, text))
    if status is not None:
        control = f"tellwire ctl {shlex.quote(snapshot.run.target)}"
        found += [*_trading(snapshot, status, control), *_connections(status, control), *_streams(status)]
        found += _others(snapshot, status)
    return sorted(found, key=lambda alert: alert.urgency)


def _trading(snapshot: Snapshot, status: Status, control: str) -> Iterator[Remark]:
    desk = status.desk
    if desk.halted is not None:
        because = f" ({desk.halted})" if desk.halted else ""
        yield Remark(Urgency.ERROR, f"HALTED{because}: no order is sent; R resumes")
    if desk.refuses:
        yield Remark(Urgency.WARNING, f"every order is refused: {desk.refuses}")
    if doubts := desk.in_doubt + status.pending.in_doubt:
        known = [f"{each.asset} {amount_text(each.amount)} ({each.order})" for each in snapshot.trades.doubts]
        what = f": {', '.join(known)}" if known else ""
        text = f"{doubts} {'order is' if doubts == 1 else 'orders are'} IN DOUBT{what}"
        yield Remark(Urgency.ERROR, f"{text}; the venue's next lists decide, or {control} orders settle")
    for limit in desk.limits:
        if limit.limit and limit.used >= limit.limit * NEARLY:
            full = limit.used >= limit.limit
            said = f"{limit.name}: {limit.used:f} of {limit.limit:f} is used"
            yield Remark(Urgency.WARNING, f"{said}, no order is sent" if full else said)


def _connections(status: Status, control: str) -> Iterator[Remark]:
    if status.disconnected is not None:
        text = f"ALL CONNECTIONS ARE DISCONNECTED ({status.disconnected}); {CONNECT_AGAIN}"
        yield Remark(Urgency.ERROR, text)
    if status.outage is not None:
        errors = {
            each.child.region: each.child.last_error for each in status.connections if each.child.last_error
        }
        because = "; ".join(f"{region}: {error}" for region, error in errors.items())
        text = f"NO CONNECTION IS UP for {status.outage:.0f} s ({because or 'no reason is known yet'})"
        yield Remark(Urgency.ERROR, f"{text}; tellwire doctor shows which step fails")
    for connection in status.connections:
        child = connection.child
        if child.state == "quarantined":
            text = f"{child.name} is given up ({child.last_error or 'no reason'})"
            yield Remark(Urgency.ERROR, f"{text}; {control} restart {child.name}")
    for worker in status.workers:
        if worker.state == "quarantined":
            text = f"{worker.name} is given up; {control} restart {worker.name}"
            yield Remark(Urgency.ERROR, text)
    for region in status.regions:
        if region.blocked_for > 0:
            text = f"the host of {region.name} asks for {region.blocked_for:,.0f} s without a dial"
            yield Remark(Urgency.WARNING, text)


def _streams(status: Status) -> Iterator[Remark]:
    stale = [stream for stream in status.streams if stream.seen.health == "stale"]
    if stale:
        named = ", ".join(
            stream.placed.asset + (f" ({stream.seen.cure})" if stream.seen.cure else "") for stream in stale
        )
        text = f"{len(stale)} {'stream is' if len(stale) == 1 else 'streams are'} stale: {named}"
        yield Remark(Urgency.WARNING, text)
    # A stream that has been asked for only just now is worth no line while a connection is up.
    is_up = any(connection.child.state == "up" for connection in status.connections)
    late = [each for each in status.pending_streams if each.reason or not is_up]
    if text := pending_text(late):
        yield Remark(Urgency.WARNING, text)


def _others(snapshot: Snapshot, status: Status) -> Iterator[Remark]:
    offset = status.clock_offset
    if offset is not None and abs(offset) >= CLOCK_TOLERANCE:
        side = "ahead of" if offset > 0 else "behind"
        yield Remark(Urgency.WARNING, f"the venue's clock is {abs(offset):,.1f} s {side} ours")
    if lost := status.router.lost_batches:
        yield Remark(Urgency.WARNING, f"{lost:,} batches of events were lost between processes")
    if text := last_reloads(status.reload, snapshot.now):
        refused = status.reload.refused_at is not None
        yield Remark(Urgency.WARNING if refused else Urgency.INFO, f"the file: {text}")
