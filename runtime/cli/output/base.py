"""What every way of showing a run has in common."""

from typing import Any, Protocol

import pykka

from actors.errors import RequestError
from actors.messages.commands import GetStatus
from actors.messages.status import Status
from actors.routing.router import Router
from runtime.cli.output.counters import Summary
from runtime.logs import Line

STATUS_DEADLINE = 1.0
"""Seconds; an answer that takes longer is no picture of the present."""

RouterRef = pykka.ActorRef[Router]


class Output(Protocol):
    """One way of showing a run; ``refresh`` wants to be called every ``interval`` seconds."""

    interval: float

    def write_log(self, line: Line) -> None:
        """Show a line of the log; any thread."""

    def show(self, events: list[Any]) -> None:
        """Show what happened; the subscriber's thread."""

    def open(self, router: RouterRef) -> None:
        """The run has begun."""

    def refresh(self) -> None:
        """Show what lives now."""

    def close(self) -> None:
        """The run comes to its end; events may still follow."""

    def summarise(self, summary: Summary) -> None:
        """Say the last word."""


def look(router: RouterRef) -> Status | None:
    """The present status; ``None`` if it does not come in time, or will not come any more."""
    try:
        status = router.ask(GetStatus(deadline=STATUS_DEADLINE), timeout=2 * STATUS_DEADLINE)
    except (RequestError, pykka.Timeout, pykka.ActorDeadError):
        return None
    assert isinstance(status, Status)
    return status
