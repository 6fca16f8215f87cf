"""The status of a runtime as text: the dashboard, drawn once."""

import contextlib
import io
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console

from actors.errors import RequestError
from actors.messages.commands import GetAssets, GetBalance, GetClosedDeals, GetOpenedDeals, GetStatus
from actors.messages.events import AssetsListed, BalanceChanged
from actors.messages.status import Status
from runtime.cli.output.counters import Counters
from runtime.cli.output.dashboard import draw_all
from runtime.cli.output.deal_book import DealBook
from runtime.cli.output.snapshot import PictureTime, Recorder, RunInfo
from runtime.control.attachment import Attachment

BETWEEN_STATUSES = 0.5
"""Seconds; a rate needs two statuses."""

ENDLESS = 100_000
"""Columns where there is no terminal: nothing is cut."""


def status_text(attachment: Attachment, target: str, ask: Callable[[Any], Any]) -> tuple[str, Status]:
    """The text, and the status that it shows. Takes ``BETWEEN_STATUSES``; ``ask`` answers commands and raises
    what the runtime answers. ``target`` is what the operator has named."""
    runtime = attachment.runtime
    practice = runtime.mode == "practice"
    venue = "PRACTICE EXCHANGE: invented quotes" if practice else runtime.venue
    counters = Counters()
    deals = DealBook()
    recorder = Recorder(RunInfo(venue, runtime.mode, target), counters, deals)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=ENDLESS)  # a file or a pipe has no width
    began = time.monotonic() - runtime.uptime

    def draw() -> tuple[Any, Status]:
        status, now = ask(GetStatus()), time.monotonic()
        return draw_all(recorder.take(status, PictureTime(status.now(), now - began)), console.width), status

    draw()
    attachment.ended.wait(BETWEEN_STATUSES)
    with contextlib.suppress(RequestError):  # the venue may not have sent it yet
        counters.count([BalanceChanged(ask(GetBalance(deadline=BETWEEN_STATUSES)))])
        deals.take_deals(ask(GetOpenedDeals(deadline=BETWEEN_STATUSES)), ask(GetClosedDeals()))
        counters.count([AssetsListed(list(ask(GetAssets(deadline=BETWEEN_STATUSES)).values()))])
    drawing, status = draw()
    console.file = drawn = io.StringIO()  # capture() also writes to standard output, which may be full
    console.print(drawing)
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines()), status
