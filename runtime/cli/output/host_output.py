"""The outputs of a run of several accounts: a log, lines of JSON, or a table with a row for each."""

import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from loguru import logger

from actors.engine.router_ref import RouterRef
from runtime.cli.output.cells import Cell, GridColumn, Picture, Strip, cut, grid, part
from runtime.cli.output.counters import Summary
from runtime.cli.output.dashboard import log_line
from runtime.cli.output.event_log import EventLog, PlainLog
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.keyboard import Keyboard
from runtime.cli.output.screen import Screen
from runtime.cli.output.stdout import OnWriteFailed
from runtime.cli.output.texts import clock_text
from runtime.control.protocol import AccountState
from runtime.logs import Line, Write

KEPT_LINES: Final = 500
"""Of the log, for the picture, and for the terminal after it."""

_COLUMNS: Final = [
    GridColumn("ACCOUNT"),
    GridColumn("SESSION", rank=3),
    GridColumn("STATE"),
    GridColumn("BALANCE", right=True),
    GridColumn("UP", rank=4, right=True),
    GridColumn("STREAMS", rank=6, right=True),
    GridColumn("OPEN", rank=2, right=True),
    GridColumn("IN FLIGHT", rank=5, right=True),
    GridColumn("IN DOUBT", rank=1, right=True),
    GridColumn("REASON", elastic=True),
]
_STATE_STYLES: Final = {"up": "green", "connecting": "yellow", "stopped": "dim"}


class HostOutput(Protocol):
    """As ``Output``, for several accounts."""

    interval: float

    def write_log(self, line: Line) -> None: ...

    def begin(self, name: str, router: RouterRef) -> None:
        """The account, or the feed, has started."""

    def show(self, name: str, events: list[Any]) -> None: ...

    def open(self) -> None: ...

    def refresh(self) -> None: ...

    def close(self) -> None: ...

    def restore(self) -> None: ...

    def summarise(self, name: str, summary: Summary) -> None: ...


class HostLog:
    """The log of each, which names it; in turn a line of status."""

    interval = PlainLog.interval

    def __init__(self, write_log: Write) -> None:
        self._write_log = write_log
        self._logs: dict[str, PlainLog] = {}

    def write_log(self, line: Line) -> None:
        self._write_log(line)

    def begin(self, name: str, router: RouterRef) -> None:
        self._logs[name] = log = PlainLog(self._write_log)
        log.open(router)

    def show(self, name: str, events: list[Any]) -> None:
        self._logs[name].show(events)

    def open(self) -> None:
        """Nothing to do."""

    def refresh(self) -> None:
        for name, log in list(self._logs.items()):
            if log.is_live:
                with logger.contextualize(account=name):
                    log.refresh()

    def close(self) -> None:
        """Nothing to do: the last events follow."""

    def restore(self) -> None:
        """Nothing to do: nothing was taken of the terminal."""

    def summarise(self, name: str, summary: Summary) -> None:
        with logger.contextualize(account=name):
            self._logs[name].summarise(summary)


class HostJson:
    """Lines of JSON, each with the name of its account."""

    interval = threading.TIMEOUT_MAX

    def __init__(self, file: int, write_log: Write, on_write_failed: OnWriteFailed) -> None:
        self._new = functools.partial(JsonLines, file, write_log, on_write_failed)
        self._write_log = write_log
        self._lines: dict[str, JsonLines] = {}

    def write_log(self, line: Line) -> None:
        self._write_log(line)

    def begin(self, name: str, router: RouterRef) -> None:
        self._lines.setdefault(name, self._new(name))

    def show(self, name: str, events: list[Any]) -> None:
        self._lines[name].show(events)

    def open(self) -> None:
        """Nothing to do: everything comes as events."""

    def refresh(self) -> None:
        """Nothing to do: everything comes as events."""

    def close(self) -> None:
        """Nothing to do: the last events follow."""

    def restore(self) -> None:
        """Nothing to do: nothing was taken of the terminal."""

    def summarise(self, name: str, summary: Summary) -> None:
        self._lines[name].summarise(summary)


class HostTable:
    """A row for each account and each feed, above the log; ``q`` calls ``on_quit``."""

    interval = 1.0

    def __init__(
        self,
        states: Callable[[], Sequence[AccountState]],
        target: str,
        on_write_failed: OnWriteFailed,
        on_quit: Callable[[], object],
    ) -> None:
        """``target`` is what an operator's commands name."""
        self._states = states
        self._target = target
        self._on_quit = on_quit
        self._screen = Screen(on_write_failed)
        self._keyboard = Keyboard(self._press, self._screen.in_foreground)
        self._logs: dict[str, EventLog] = {}
        self._log: deque[Line] = deque(maxlen=KEPT_LINES)
        self._unprinted: deque[Line] = deque(maxlen=KEPT_LINES)
        self._began = time.monotonic()

    def write_log(self, line: Line) -> None:
        self._log.append(line)
        if self._screen.is_shown:
            self._unprinted.append(line)  # the terminal gets it at the end
        else:
            self._print([line])

    def begin(self, name: str, router: RouterRef) -> None:
        self._logs[name] = EventLog()

    def show(self, name: str, events: list[Any]) -> None:
        self._logs[name].show(events)

    def open(self) -> None:
        self._screen.open()
        self._keyboard.start()
        self.refresh()

    def refresh(self) -> None:
        uptime = time.monotonic() - self._began
        picture = host_picture(self._states(), tuple(self._log), self._target, uptime, self._screen.size)
        self._screen.draw(picture)

    def close(self) -> None:
        self._keyboard.stop()
        self._screen.close()
        lines = list(self._unprinted)
        self._unprinted.clear()
        self._print(lines)

    def restore(self) -> None:
        self._screen.give_back()

    def summarise(self, name: str, summary: Summary) -> None:
        with logger.contextualize(account=name):
            logger.info("{:,} ticks, {} restarts, {} gaps", summary.ticks, summary.restarts, summary.gaps)

    def _print(self, lines: list[Line]) -> None:
        self._screen.print([row for line in lines for row in log_line(line, 10_000)])

    def _press(self, key: str) -> None:
        if key in {"q", "Q"}:
            self._on_quit()
        elif key == "redraw":
            self._screen.redraw()


def host_picture(
    states: Sequence[AccountState], log: Sequence[Line], target: str, uptime: float, size: tuple[int, int]
) -> Picture:
    """Exactly fills a terminal of that ``size``, columns and lines."""
    width, height = size
    up = sum(state.state == "up" for state in states)
    words = "bold green" if up == len(states) else "bold yellow"
    head: Strip = [part(f"{up} of {len(states)} up", words), part(f"  {clock_text(uptime)}", "dim")]
    table = grid(_COLUMNS, [_row(state) for state in states], width)
    foot = [part(f"q quits; tellwire top {target} --account NAME shows one of them", "dim")]
    room = max(0, height - 2)
    body: list[Strip] = [*table, []][:room]
    if (left := room - len(body)) > 0:
        body += [line for each in log[-left:] for line in log_line(each, width)][-left:]
    body += [[]] * (room - len(body))
    return Picture([cut(head, width), *body, cut(foot, width)][:height])


def _row(state: AccountState) -> list[Cell]:
    def count(number: int | None, words: str = "") -> Cell:
        return Cell("-" if number is None else str(number), words if number else "")

    return [
        Cell(state.title),
        Cell(state.mode, "bold red" if state.mode == "live" else ""),
        Cell(state.state, _STATE_STYLES.get(state.state, "red")),
        Cell("-" if state.balance is None else f"{state.balance:,.2f} {state.currency or ''}".rstrip()),
        Cell(f"{state.up}/{state.connections}"),
        count(state.streams),
        count(state.open_deals),
        count(state.in_flight),
        count(state.in_doubt, "bold red"),
        Cell(state.remark, "yellow"),
    ]
