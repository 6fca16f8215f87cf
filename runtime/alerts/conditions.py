"""What is wrong in a status that an operator must act on."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from actors.messages.events import OrderInDoubt
from actors.messages.status import Status
from actors.orders.pre_trade_checks import DAILY_LOSS

Severity = Literal["critical", "warning"]

STALE = "stale stream"
"""The kind of a stream that does not tick."""

MOST_NAMED = 5
"""Orders or streams that a text names."""

TARGET = "FILE"
"""Stands for the file in a command that a text names."""


class Condition(Struct, frozen=True):
    """One thing that is wrong. ``kind`` and ``name`` identify it while it lasts; ``name`` may be empty."""

    kind: str
    name: str
    severity: Severity
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.name


def found_in(status: Status, in_doubt: Sequence[OrderInDoubt], target: str = TARGET) -> Iterator[Condition]:
    """The conditions of ``status``. ``in_doubt`` are the orders that were told to be so, to name them;
    ``target`` is what an operator's command names."""
    if status.outage is not None:
        errors = sorted({f"{each.child.region}: {each.child.last_error}" for each in status.connections})
        text = f"no connection to the venue has been up for {status.outage:.0f} s ({'; '.join(errors)})"
        yield Condition("outage", "", "critical", f"{text}; `tellwire doctor FILE` shows which step fails")
    yield from _trading(status, in_doubt, target)
    states = {each.child.name: each.child.state for each in status.connections}
    states |= {each.name: each.state for each in status.workers}
    for name, state in states.items():
        if state == "quarantined":
            text = f"{name} was given up; `tellwire ctl {target} restart {name}` tries again"
            yield Condition("quarantine", name, "critical", text)
    if status.outage is None:
        for stream in status.streams:
            if stream.seen.health == "stale":
                asset = stream.placed.asset
                text = f"{asset} does not tick on {stream.placed.connection or 'no connection'}"
                yield Condition(STALE, asset, "warning", text)


def _trading(status: Status, in_doubt: Sequence[OrderInDoubt], target: str) -> Iterator[Condition]:
    desk = status.desk
    if count := desk.in_doubt + status.pending.in_doubt:
        named = [f"{each.order} of {each.amount} on {each.asset}" for each in in_doubt[-MOST_NAMED:]]
        which = f" ({', '.join(named)})" if named else ""
        text = f"{count} in doubt{which}: the venue may have them; `tellwire ctl {target} orders` shows them"
        yield Condition("order in doubt", "", "critical", text)
    if desk.halted is not None:
        reason = desk.halted or "halted by an operator"
        text = f"no order is sent: {reason}; `tellwire ctl {target} resume` ends that"
        yield Condition("halt", "", "warning", text)
    for limit in desk.limits:
        if limit.name == DAILY_LOSS and limit.limit and limit.used >= limit.limit:
            text = f"the loss of today is {limit.used} of {limit.limit}: no order is sent before midnight UTC"
            yield Condition("daily loss", "", "critical", text)
