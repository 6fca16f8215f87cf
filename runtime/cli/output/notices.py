"""The lines below the tables of a dashboard, for what is out of the ordinary."""

from typing import Final

from actors.messages.status import DeskStatus, PendingStatus, PendingStream, Status
from actors.messages.supervision import CONNECT_AGAIN
from runtime.system.reload_texts import last_reloads, pending_text

CLOCK_TOLERANCE: Final = 1.0
"""Seconds between the venue's clock and ours that are worth no line; a deal lasts at least five."""


def notices(status: Status, now: float) -> list[str]:
    """A line for each subject; ``now`` is wall clock time."""
    texts = {
        "closed": _disconnected(status),
        "outage": _outage(status),
        "orders": _orders(status.desk, status.pending),
        "regions": "; ".join(
            f"the host of {region.name} asks for {region.blocked_for:,.0f} s without a dial"
            for region in status.regions
            if region.blocked_for > 0
        ),
        "clock": _clock(status.clock_offset),
        "reload": last_reloads(status.reload, now),
        "pending": pending_text(_worth_telling(status)),
    }
    return [f"{subject:<8} {text}" for subject, text in texts.items() if text]


def _outage(status: Status) -> str:
    if status.outage is None:
        return ""
    failing = {
        each.child.region: each.child.last_error for each in status.connections if each.child.last_error
    }
    reasons = "; ".join(f"{region}: {error}" for region, error in failing.items())
    return f"NO CONNECTION IS UP for {status.outage:.0f} s ({reasons})"


def _disconnected(status: Status) -> str:
    if status.disconnected is None:
        return ""
    return f"ALL CONNECTIONS ARE DISCONNECTED ({status.disconnected}); {CONNECT_AGAIN}"


def _worth_telling(status: Status) -> list[PendingStream]:
    """A stream that has been asked for only just now is worth no line while a connection is up."""
    is_up = any(connection.child.state == "up" for connection in status.connections)
    return [each for each in status.pending_streams if each.reason or not is_up]


def _orders(desk: DeskStatus, pending: PendingStatus) -> str:
    """``""`` for a runtime that has not traded."""
    deals_known = (
        desk.in_flight or desk.open_deals or desk.closed_deals or pending.placed or pending.in_flight
    )
    if not (deals_known or desk.refuses or any(limit.used for limit in desk.limits)) and desk.halted is None:
        return ""
    deals = f"{desk.open_deals} open, {desk.closed_deals} closed, {desk.in_flight} in flight"
    doubt = f", {desk.in_doubt} IN DOUBT" if desk.in_doubt else ""
    halted = "" if desk.halted is None else f"HALTED ({desk.halted}); "
    refused = f"REFUSED ({desk.refuses}); " if desk.refuses else ""
    today = "".join(
        f"; {limit.name} {limit.used:f} of {limit.limit:f}"
        for limit in desk.limits
        if limit.name.startswith("orders.daily_")
    )
    kept = f"; {pending.placed} pending" if pending.placed or pending.in_flight else ""
    if pending.in_doubt:
        kept += f", {pending.in_doubt} IN DOUBT"
    return f"{halted}{refused}{deals}{doubt}{kept}{today}"


def _clock(offset: float | None) -> str:
    if offset is None or abs(offset) < CLOCK_TOLERANCE:
        return ""
    return f"the venue's is {abs(offset):,.1f} s {'ahead of' if offset > 0 else 'behind'} ours"
