"""The live table on a terminal: a picture that fills it, and keys."""

import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from rich.console import Console

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError
from actors.messages.commands import Halt, Resume
from actors.messages.status import Status
from actors.values import Tick
from runtime.cli.output.base import fetch_status
from runtime.cli.output.counters import Counters, Summary
from runtime.cli.output.dashboard import draw, log_line
from runtime.cli.output.deal_book import DealBook
from runtime.cli.output.event_log import EventLog, log_summary
from runtime.cli.output.first_answers import FirstAnswers
from runtime.cli.output.keyboard import Keyboard
from runtime.cli.output.screen import Screen
from runtime.cli.output.snapshot import PictureTime, Recorder, RunInfo, Snapshot
from runtime.cli.output.stdout import OnWriteFailed, draws_tables
from runtime.cli.output.view import KeyState, Wish
from runtime.logs import Line

STATUS_EVERY: Final = 1.0
"""Seconds; a status costs the runtime as much as hundreds of ticks."""

KEPT_LINES: Final = 500
"""Of the log, for its panel, and for the terminal after the table."""

KEY_TIMEOUT: Final = 5.0
"""Seconds that the router may take to do what a key asks."""


class LiveTable(EventLog):
    """Draws itself whenever ``refresh`` is called and at each key; ``on_quit`` is called for the key ``q``,
    maybe in another thread."""

    interval = 0.5

    def __init__(
        self,
        run: RunInfo,
        counters: Counters,
        on_write_failed: OnWriteFailed,
        on_quit: Callable[[], object],
        *,
        uptime: float = 0.0,
    ) -> None:
        """``uptime`` is that of the runtime, in seconds."""
        super().__init__()
        self._counters = counters
        self._on_quit = on_quit
        self._deals = DealBook()
        self._recorder = Recorder(run, counters, self._deals)
        self._screen = Screen(on_write_failed)
        self._view = KeyState()
        self._keyboard = Keyboard(self._press, self._screen.in_foreground)
        self._has_keys = False
        self._lock = threading.RLock()  # of the view and of what is shown
        self._log: deque[Line] = deque(maxlen=KEPT_LINES)
        self._unprinted: deque[Line] = deque(maxlen=KEPT_LINES)
        self._answers: FirstAnswers
        self._router: RouterRef
        self._status: Status | None = None
        self._shown: Snapshot | None = None
        self._began = time.monotonic() - uptime
        self._fetched_at = self._asked_at = 0.0

    def write_log(self, line: Line) -> None:
        self._log.append(line)
        if self._screen.is_shown:
            self._unprinted.append(line)  # it is in the panel; the terminal gets it at the end
        else:
            self._print([line])

    def show(self, events: list[Any]) -> None:
        for event in events:
            if type(event) is not Tick:
                self._deals.take(event)
                self._log_event(event)

    def open(self, router: RouterRef) -> None:
        self._router = router
        self._answers = FirstAnswers(router, self._counters, self._deals)
        self._answers.start()
        self._fetched_at = time.monotonic()
        self._screen.open()
        self._has_keys = self._keyboard.start()
        self.refresh()

    def refresh(self) -> None:
        now = time.monotonic()
        if now - self._asked_at >= STATUS_EVERY - self.interval / 2:
            self._asked_at = now
            if (status := fetch_status(self._router)) is not None:
                self._status, self._fetched_at = status, time.monotonic()
                self._answers.compare(status)
        with self._lock:
            if not self._view.paused or self._shown is None:
                self._shown = self._snapshot()
            self._draw()

    def close(self) -> None:
        self._keyboard.stop()
        self._answers.stop()
        self._screen.close()
        lines = list(self._unprinted)
        self._unprinted.clear()
        self._print(lines)

    def restore(self) -> None:
        """Give the terminal back, as the last act of the process."""
        self._screen.give_back()

    def summarise(self, summary: Summary) -> None:
        log_summary(summary)

    def _snapshot(self) -> Snapshot:
        now = time.monotonic()
        age = now - self._fetched_at
        wall = time.time() if self._status is None else self._status.now(age)
        moment = PictureTime(wall, now - self._began, age)
        return self._recorder.take(self._status, moment, tuple(self._log))

    def _draw(self) -> None:
        assert self._shown is not None
        width, height = self._screen.size
        self._screen.draw(draw(self._shown, self._view, width, height, keys=self._has_keys))

    def _print(self, lines: list[Line]) -> None:
        width = shutil.get_terminal_size().columns
        self._screen.print([row for line in lines for row in log_line(line, max(width, 10_000))])

    def _press(self, key: str) -> None:
        with self._lock:
            wish = self._view.press(key, self._status, time.monotonic() - self._began)
            if wish is Wish.REDRAW:
                self._screen.redraw()
            if self._shown is not None:
                self._draw()
        if wish is Wish.QUIT:
            self._on_quit()
        elif wish in {Wish.HALT, Wish.RESUME}:
            self._trade(wish)

    def _trade(self, wish: Wish) -> None:
        """Halt or resume; the picture is drawn meanwhile."""
        command = Halt("a key of the table") if wish is Wish.HALT else Resume()
        try:
            self._router.ask(command, timeout=KEY_TIMEOUT)
        except RequestError as error:
            said = f"{wish.name} is not answered: {error}"
        else:
            said = "HALTED: no order is sent from now on" if wish is Wish.HALT else "orders are sent again"
        with self._lock:
            self._asked_at = 0.0  # the next status shows it
            self._view.say(said, time.monotonic() - self._began)


def can_draw() -> bool:
    """Whether standard output is a terminal on which a live table can be drawn."""
    return draws_tables() and not (sys.platform == "win32" and Console().legacy_windows)
