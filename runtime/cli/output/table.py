"""The live table on a terminal; lines of the log appear above it."""

import time
from datetime import UTC

from rich.console import Console
from rich.live import Live
from rich.text import Text

from actors.engine.router_ref import RouterRef
from actors.messages.status import Status
from runtime.cli.output.base import fetch_status
from runtime.cli.output.counters import Counters, Summary
from runtime.cli.output.dashboard import Dashboard, DrawContext, RunInfo
from runtime.cli.output.event_log import EventLog, log_summary
from runtime.logs import PRACTICE, Line

SHOW_CURSOR = b"\x1b[?25h"
"""The table hides the cursor."""

_STYLES = {
    PRACTICE: "black on yellow",
    "WARNING": "yellow",
    "ERROR": "red",
    "CRITICAL": "bold red",
    "DEBUG": "dim",
    "TRACE": "dim",
}


class LiveTable(EventLog):
    """Redraws the dashboard on ``console`` in place."""

    interval = 0.25

    def __init__(self, console: Console, run: RunInfo, counters: Counters) -> None:
        super().__init__()
        self._console = console
        self._dashboard = Dashboard(run, counters)
        self._live = Live(
            console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False, transient=False
        )
        self._router: RouterRef
        self._status: Status | None = None
        self._began = self._fetched_at = time.monotonic()

    def write_log(self, line: Line) -> None:
        style = _STYLES.get(line.level, "")
        self._console.print(Text(f"{line.time.astimezone(UTC):%H:%M:%S}Z {line.level:<8} {line.text}", style))
        for step in line.trace:
            self._console.print(Text(f"    | {step}", "dim"))

    def open(self, router: RouterRef) -> None:
        self._router = router
        self._live.start()
        self.refresh()

    def refresh(self) -> None:
        status = fetch_status(self._router)
        now = time.monotonic()
        if status is not None:
            self._status, self._fetched_at = status, now
        size = self._console.size
        at = DrawContext(time.time(), now - self._began, size.width, size.height, now - self._fetched_at)
        self._live.update(self._dashboard.draw(self._status, at), refresh=True)

    def close(self) -> None:
        self._live.stop()
        if not self._console.is_terminal:
            self._console.line()  # rich ends the table without one there

    def summarise(self, summary: Summary) -> None:
        log_summary(summary)
