"""What an operator has to act on, or to know before trading, the most severe first; no I/O, no clock.

What is wrong, and how severe it is, ``runtime/alerts/conditions.py`` decides, for the table as for those that
are told elsewhere; here are the words of the table, and what only it shows.
"""

import enum
import shlex
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from actors.messages.status import Status
from actors.messages.supervision import CONNECT_AGAIN
from actors.orders.pre_trade_checks import DAILY_LOSS
from runtime.alerts.conditions import STALE, Condition, Severity, found_in
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


_URGENCIES: Final[Mapping[Severity, Urgency]] = {"critical": Urgency.ERROR, "warning": Urgency.WARNING}


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
        wrong = list(found_in(status, snapshot.trades.doubts))
        found += [Remark(_URGENCIES[each.severity], _words(each, snapshot, status)) for each in wrong]
        found += _grouped([each for each in wrong if each.kind == STALE], status)
        found = [each for each in found if each.text]
        found += [*_trading(status), *_connections(status), *_streams(status), *_others(snapshot, status)]
    return sorted(found, key=lambda alert: alert.urgency)


def _words(condition: Condition, snapshot: Snapshot, status: Status) -> str:
    """``""`` for one that is told with others of its kind."""
    if condition.kind == STALE:
        return ""
    desk, control = status.desk, f"tellwire ctl {shlex.quote(snapshot.run.target)}"
    match condition.kind:
        case "halt":
            because = f" ({desk.halted})" if desk.halted else ""
            return f"HALTED{because}: no order is sent; R resumes"
        case "order in doubt":
            doubts = desk.in_doubt + status.pending.in_doubt
            named = [
                f"{each.asset} {amount_text(each.amount)} ({each.order})" for each in snapshot.trades.doubts
            ]
            what = f": {', '.join(named)}" if named else ""
            text = f"{doubts} {'order is' if doubts == 1 else 'orders are'} IN DOUBT{what}"
            return f"{text}; the venue's next lists decide, or {control} orders settle"
        case "outage":
            children = [each.child for each in status.connections if each.child.last_error]
            errors = {child.region: child.last_error for child in children}
            because = "; ".join(f"{region}: {error}" for region, error in errors.items())
            text = f"NO CONNECTION IS UP for {status.outage:.0f} s ({because or 'no reason is known yet'})"
            return f"{text}; tellwire doctor shows which step fails"
        case "quarantine":
            errors = {each.child.name: each.child.last_error for each in status.connections}
            because = f" ({errors[condition.name] or 'no reason'})" if condition.name in errors else ""
            return f"{condition.name} is given up{because}; {control} restart {condition.name}"
    return condition.text


def _grouped(stale: Sequence[Condition], status: Status) -> Iterator[Remark]:
    if stale:
        cures = {each.placed.asset: each.seen.cure for each in status.streams}
        named = ", ".join(
            each.name + (f" ({cures[each.name]})" if cures[each.name] else "") for each in stale
        )
        text = f"{len(stale)} {'stream is' if len(stale) == 1 else 'streams are'} stale: {named}"
        yield Remark(_URGENCIES[stale[0].severity], text)


def _trading(status: Status) -> Iterator[Remark]:
    if status.desk.refuses:
        yield Remark(Urgency.WARNING, f"every order is refused: {status.desk.refuses}")
    for limit in status.desk.limits:
        if limit.limit and limit.used >= limit.limit * NEARLY:
            full = limit.used >= limit.limit
            if full and limit.name == DAILY_LOSS:
                continue  # a condition
            said = f"{limit.name}: {limit.used:f} of {limit.limit:f} is used"
            yield Remark(Urgency.WARNING, f"{said}, no order is sent" if full else said)


def _connections(status: Status) -> Iterator[Remark]:
    if status.disconnected is not None:
        text = f"ALL CONNECTIONS ARE DISCONNECTED ({status.disconnected}); {CONNECT_AGAIN}"
        yield Remark(Urgency.ERROR, text)
    for region in status.regions:
        if region.blocked_for > 0:
            text = f"the host of {region.name} asks for {region.blocked_for:,.0f} s without a dial"
            yield Remark(Urgency.WARNING, text)


def _streams(status: Status) -> Iterator[Remark]:
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
