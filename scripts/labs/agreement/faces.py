"""What each face of a runtime says: the table in a terminal, the page in a browser, the metrics, the status.

All say it as ``Figures``: a name and a text, so that those of two faces can be compared as they are shown.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pyte
from prometheus_client.parser import text_string_to_metric_families

from actors.orders.deals import ENDED_KEPT
from actors.values import Outcome
from runtime.practice import PracticeExchange
from tests.browser import Tab
from tests.doubles.terminal_session import TerminalSession

Figures = dict[str, str]

WIDE, MIDDLE, NARROW = (200, 60), (120, 40), (80, 24)
"""Columns and lines of the terminal; all figures are on the wide one alone."""

PATIENCE = 10.0
"""Seconds for an answer over HTTP."""

STATUS_LATE = 503
"""What HTTP says while an actor does not answer in time."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between two tries."""

_late: Counter[str] = Counter()

_PAGE = """
JSON.stringify({
  balance: document.getElementById("balance").textContent,
  today: document.getElementById("today").textContent,
  open: document.getElementById("open").textContent,
  reasons: document.querySelectorAll("#reasons:not([hidden]) li").length,
  up: document.querySelectorAll("#connection-rows .state.up").length,
  streams: [...document.querySelectorAll("#stream-rows tr")].map((row) => [
    row.querySelector("button.link").textContent, row.cells[1].textContent, row.cells[5].textContent,
  ]),
})
"""


def number(text: str) -> str:
    """A number as a person reads it, whatever its sign of plus, its commas and its trailing zeros."""
    cleaned = text.replace(",", "").replace("\N{MINUS SIGN}", "-").replace("+", "")
    try:
        value = Decimal(cleaned)
    except ArithmeticError:
        return text
    return f"{value.normalize() + 0:f}"


def of_the_ledger(exchange: PracticeExchange, assets: Iterable[str]) -> Figures:
    """What there is to be said; ``ticks ASSET`` counts what was sent since the start."""
    ledger = exchange.ledger
    deals = [executed.deal for executed in ledger.deals()]
    closed = [deal for deal in deals if deal.profit is not None]
    up = [each for each in ledger.sockets() if each.authenticated and each.closed_at is None]
    figures = {
        "balance": number(str(ledger.balances()[-1].balance)),
        "today": number(str(sum((deal.profit or Decimal(0) for deal in closed), Decimal(0)))),
        "open": str(len(deals) - len(closed)),
        "closed": str(len(closed)),
        "won": str(sum(deal.outcome is Outcome.WIN for deal in closed)),
        "connections": str(len(up)),
    }
    last = {tick.asset: tick.price for tick in ledger.ticks()}
    for asset in assets:
        figures[f"price {asset}"] = number(str(Decimal(repr(last.get(asset, 0.0)))))
    return figures


def of_the_metrics(url: str) -> Figures:
    text = _get(f"{url}/metrics").decode()
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]

    def of(name: str) -> list[Any]:
        return [each for each in samples if each.name == f"tellwire_{name}"]

    fresh = of("stream_fresh")
    figures = {
        "open": number(str(of("deals_open")[0].value)),
        "in doubt": number(str(of("orders_in_doubt")[0].value)),
        "connections": number(str(sum(each.value for each in of("connection_up")))),
        "fresh": number(str(sum(each.value for each in fresh))),
        "ticks": number(str(of("ticks_total")[0].value)),
    }
    for each in of("stream_ticks_total"):
        figures[f"ticks {each.labels['asset']}"] = number(str(each.value))
    return figures


def of_the_status(url: str) -> Figures:
    status = json.loads(_get(f"{url}/status"))
    streams = {each["placed"]["asset"]: each["seen"] for each in status["streams"]}
    carried = Counter(each["placed"]["connection"] for each in status["streams"])
    reports = [each["seen"]["report"] for each in status["connections"]]
    figures = {
        "open": str(status["desk"]["open_deals"]),
        "in doubt": str(status["desk"]["in_doubt"] + status["pending"]["in_doubt"]),
        "connections": str(sum(each["child"]["state"] == "up" for each in status["connections"])),
        "fresh": str(sum(each["health"] == "fresh" for each in streams.values())),
        "ticks": str(status["router"]["ticks"]),
        "messages": str(sum(each["messages_in"] for each in reports if each)),
        "busiest": str(max(carried.values())),
    }
    if (closed := status["desk"]["closed_deals"]) < ENDED_KEPT:  # the desk forgets older ones
        figures["closed"] = str(closed)
    for asset, seen in streams.items():
        figures[f"ticks {asset}"] = str(seen["ticks"])
        figures[f"price {asset}"] = number(str(seen["last_price"]))
    return figures


def of_the_page(tab: Tab) -> Figures:
    said = json.loads(tab.value(_PAGE))
    figures = {
        "balance": number(said["balance"].split(" ")[0]),
        "today": number(said["today"]),
        "open": said["open"],
        "connections": str(said["up"]),
        "fresh": str(sum(state.startswith("fresh") for _, _, state in said["streams"])),
    }
    for asset, price, _ in said["streams"]:
        figures[f"price {asset}"] = number(price)
    return figures


def of_the_table(lines: list[str], assets: Iterable[str]) -> Figures:
    """``lines`` are those of a wide terminal; raises ``ValueError`` for a picture without a figure."""
    text = "\n".join(lines)
    figures = {
        "balance": number(_found(r"balance ([\d.,]+)", text)),
        "today": number(_found(r"today \(UTC\) ([+-]?[\d.,]+)", text)),
        "open": _found(r"today[^\n]*; (\d+) open, ", text, "0"),
        "in doubt": _found(r"! (\d+) orders? (?:is|are) IN DOUBT", text, "0"),
        "connections": _found(r"CONNECTIONS  (\d+) of", text),
        "ticks": number(_found(r"router   ([\d,]+) ticks", text)),
    }
    titles = next((line for line in lines if line.startswith("STREAM ")), None)
    if titles is None:
        raise ValueError(f"there are no streams in\n{text}")
    ends = {title: titles.index(f" {title}") + 1 + len(title) for title in ("PRICE", "TICKS")}
    rows = {line.split(" ", 1)[0]: line for line in lines}
    for name, words in ("closed", r"; (\d+) closed"), ("won", r"closed: (\d+) won"):
        if found := re.search(words, text):  # left out where it does not fit
            figures[name] = found[1]
    live = 0
    for asset in assets:
        row = rows.get(asset, "")
        live += " live " in row
        for title, end in ends.items():
            figures[f"{title.lower()} {asset}"] = number(row[:end].rsplit(" ", 1)[-1])
    return figures | {"fresh": str(live)}


def _found(pattern: str, text: str, without: str | None = None) -> str:
    if match := re.search(pattern, text):
        return match[1]
    if without is None:
        raise ValueError(f"{pattern} is not in\n{text}")
    return without


def late() -> int:
    """How often the status was late so far."""
    return _late.total()


def _get(url: str) -> bytes:
    """Asks again while the status is late, as on a machine that is too busy; at last raises ``HTTPError``."""
    for pause in (*PAUSES, None):
        try:
            with urlopen(url, timeout=PATIENCE) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            if error.code != STATUS_LATE or pause is None:
                raise
            _late[url] += 1
            time.sleep(pause)
    raise AssertionError


class Screen(TerminalSession):
    """A program in a terminal, and what that shows. A context manager."""

    def __init__(self, command: Sequence[str | Path], size: tuple[int, int] = WIDE, **variables: str) -> None:
        self._terminal = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._terminal)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        super().__init__(command, size=size, **variables)
        self._reader = threading.Thread(target=self._read_all, daemon=True)
        self._reader.start()

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._reader.join()
        super().__exit__(None, None, None)

    def resize(self, width: int, height: int) -> None:
        with self._lock:
            self._terminal.resize(height, width)
        super().resize(width, height)

    def lines(self) -> list[str]:
        with self._lock:
            return [line.rstrip() for line in self._terminal.display]

    def until(self, text: str, seconds: float = 20.0) -> None:
        """Raises ``TimeoutError`` if ``text`` is not shown in time."""
        end = time.monotonic() + seconds
        while not any(text in line for line in self.lines()):
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} is not in\n" + "\n".join(self.lines()))
            time.sleep(0.05)

    def _read_all(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):  # the program has ended
                self._take(0.2)
            with self._lock:
                shown, self.shown = self.shown, b""
                self._stream.feed(shown)
