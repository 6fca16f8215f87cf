"""What every output of a run has in common."""

from typing import Any, Protocol

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError
from actors.messages.commands import GetStatus
from actors.messages.status import Status
from runtime.cli.output.counters import Summary
from runtime.logs import Line

STATUS_DEADLINE = 1.0
"""Seconds; a status that takes longer is too old to show."""


class Output(Protocol):
    """One way to show a run; call ``refresh`` every ``interval`` seconds."""

    interval: float

    def write_log(self, line: Line) -> None:
        """Show a line of the log; any thread."""

    def show(self, events: list[Any]) -> None:
        """Show events; the subscriber's thread."""

    def open(self, router: RouterRef) -> None:
        """The run has begun."""

    def refresh(self) -> None:
        """Show the present status."""

    def close(self) -> None:
        """The run ends; events may still follow."""

    def restore(self) -> None:
        """Give back what was taken of the terminal, as the last act of the process; must not wait."""

    def summarise(self, summary: Summary) -> None:
        """Show the summary; nothing follows."""


def fetch_status(router: RouterRef) -> Status | None:
    """The present status; ``None`` if it does not come in time or the router has ended."""
    try:
        status = router.ask(GetStatus(deadline=STATUS_DEADLINE), timeout=2 * STATUS_DEADLINE)
    except RequestError:
        return None
    assert isinstance(status, Status)
    return status
