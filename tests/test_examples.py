"""Every program of examples/ runs on one practice exchange and does what its first line says.

It runs as a reader has it, but for the constants at its top: deals of a second, and fewer of them.
``PYTHONPATH=scripts python -m tests.test_examples`` makes the table of ``examples/README.md``.
"""

import ast
import asyncio
import contextlib
import http.server
import inspect
import json
import queue
import re
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from labs.site.programs import cells, purpose, table

from actors.messages import Halt, OrderClosed, PlaceOrder, Resume, Subscribe
from actors.values import Direction
from runtime import Runtime, attach
from runtime.practice import PracticeExchange
from tests.doubles.practice_folder import SETTINGS, fill
from tests.doubles.trading_samples import deal_of, ended

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
INDEX = EXAMPLES / "README.md"
HEADING = "## All programs\n\n"
DEADLINE = 10.0
PATIENCE = 120.0
"""Seconds for a Python of its own with three tests, which takes 5 s where nothing else runs."""


class Expected(NamedTuple):
    """What an example does: ``says`` is a pattern in its output, ``orders`` is how many orders leave.

    ``shorter`` are the constants that are changed. ``attached``: it joins a runtime that runs. ``traded``:
    another program trades through its runtime meanwhile.
    """

    says: str
    orders: int = 0
    shorter: Mapping[str, Any] = MappingProxyType({})
    attached: bool = False
    traded: bool = False


A_RESULT = r"Outcome\.(WIN|LOSS|DRAW)"

ALONE = {"fastapi_service.py", "stop_after_losses.py", "test_my_bot.py", "watch_gaps.py", "webhook_alerts.py"}
"""The programs to which something has to happen; each has a test of its own."""

EXPECTED = {
    "async_bot.py": Expected(A_RESULT, 1, {"SECONDS": 1, "TRADES": 1, "RUN": 2}),
    "async_candles.py": Expected(r"AUDCHF_otc +150 bars", 0, {"BARS": 150}),
    "backtest.py": Expected(r"[1-9]\d* deals in 3 h, profit -?\d", 0, {"HOURS": 3}),
    "best_payouts.py": Expected(r"(?m)^\S+ +\w+ +\d+ %$"),
    "candles.py": Expected(r"EURUSD_otc: 60 bars"),
    "candles_to_parquet.py": Expected(r"200 bars in candles\.parquet", 0, {"BARS": 200}),
    "custom_backoff.py": Expected(r"connection-1"),
    "fixed_fraction.py": Expected(rf"(99|100)[.\d]* staked: {A_RESULT}", 1, {"SECONDS": 1, "TRADES": 1}),
    "live_bars.py": Expected(r"closed \d+ \d\.\d+ (not )?above", 0, {"SECONDS": 1, "BARS": 1, "SLOW": 5}),
    "many_assets.py": Expected(r"\d+ streams", 0, {"SECONDS": 0.3}),
    "notebook_async.ipynb": Expected(A_RESULT, 1, {"SECONDS": 1}),
    "notebook_candles.ipynb": Expected(r"of 60 bars closed outside", 0, {"BARS": 60}),
    "notebook_deals.ipynb": Expected(r"EURUSD_otc +\d", 1, {"SECONDS": 1}),
    "order.py": Expected(A_RESULT, 1, {"SECONDS": 1}),
    "order_by_id.py": Expected(rf"one deal: True\n{A_RESULT}", 1, {"SECONDS": 1}),
    "order_log.py": Expected(r"\([1-9]\d*, -?\d", 1, {"SECONDS": 3}, traded=True),
    "pending_order.py": Expected(r"placed: .+\nleft: \[\]"),
    "record_ticks.py": Expected(r"[1-9]\d* ticks in ticks\.csv", 0, {"SECONDS": 0.3}),
    "second_process.py": Expected(
        r"balance \d+(.|\n)*Order(Opened|Closed)", 1, {"SECONDS": 2}, attached=True
    ),
    "sma_bot.py": Expected(A_RESULT, 1, {"SECONDS": 1, "TRADES": 1, "FAST": 3, "SLOW": 8}),
    "ticks.py": Expected(r"(?m)(^\d+\.\d* \d\.\d+\n){20}"),
}


@pytest.fixture(scope="module")
def practice() -> Iterator[PracticeExchange]:
    with PracticeExchange(SETTINGS) as running:
        yield running


@pytest.fixture
def folder(practice: PracticeExchange, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path, practice, place)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    return tmp_path


def source(name: str, shorter: Mapping[str, Any]) -> str:
    """The code of an example with these values for its constants, each of which it must have."""
    file = EXAMPLES / name
    text = "\n".join(cells(file, "code")) if file.suffix == ".ipynb" else file.read_text("utf-8")
    for constant, value in shorter.items():
        text, changed = re.subn(
            rf"^{constant} = .+$", f"{constant} = {value!r}", text, count=1, flags=re.MULTILINE
        )
        if not changed and constant in {"FAST", "SLOW"}:
            text, changed = re.subn(
                r"^FAST, SLOW = .+$", "FAST, SLOW = 3, 8", text, count=1, flags=re.MULTILINE
            )
        assert changed, f"{name} has no constant {constant}"
    return text


def run(name: str, shorter: Mapping[str, Any]) -> None:
    code = compile(source(name, shorter), name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"__name__": "__main__"}
    if code.co_flags & inspect.CO_COROUTINE:  # a notebook, whose loop runs already
        asyncio.run(eval(code, names))
    else:
        exec(code, names)


def test_every_example_is_tried() -> None:
    names = {file.name for file in EXAMPLES.iterdir() if file.suffix in {".py", ".ipynb"}}
    assert names == {*EXPECTED, *ALONE}
    assert len(names) >= 20


def test_the_table_of_all_programs_is_that_of_their_first_lines() -> None:
    assert INDEX.read_text("utf-8").partition(HEADING)[2] == table(), (
        "PYTHONPATH=scripts python -m tests.test_examples makes it"
    )


@pytest.mark.parametrize("name", sorted({*EXPECTED, *ALONE}))
def test_an_example_says_what_it_is_for(name: str) -> None:
    assert len(purpose(EXAMPLES / name)) > 20


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_example_does_what_it_says(
    name: str, folder: Path, practice: PracticeExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = EXPECTED[name]
    before = len(practice.ledger.orders())
    with contextlib.ExitStack() as stack:
        if expected.attached:
            rt = stack.enter_context(Runtime.from_yaml(folder / "tellwire.yaml"))
            timer = threading.Timer(
                0.2, lambda: rt.router.tell(PlaceOrder("EURUSD_otc", 1, Direction.CALL, 1))
            )
            stack.callback(timer.join)
            timer.start()
        if expected.traded:
            trader = threading.Timer(0.2, trade)
            stack.callback(trader.join)
            trader.start()
        run(name, expected.shorter)
    said = capsys.readouterr().out
    assert re.search(expected.says, said), said
    assert len(practice.ledger.orders()) - before == expected.orders


@pytest.mark.timeout(PATIENCE)
def test_the_unit_tests_of_a_bot_pass(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(EXAMPLES / "test_my_bot.py"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE - 10, check=False
    )
    assert done.returncode == 0, done.stdout


async def answer(app: Any, method: str, path: str, **query: str) -> tuple[int, Any]:
    """The status and the JSON with which an ASGI application answers, as a web server would ask it."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": urllib.parse.urlencode(query).encode(),
        "headers": [],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent))


def test_the_service_answers_and_repeats_no_order(folder: Path, practice: PracticeExchange) -> None:
    pytest.importorskip("fastapi", reason="FastAPI is in the extra `test`")
    names: dict[str, Any] = {"__name__": "fastapi_service"}
    exec(compile(source("fastapi_service.py", {}), "fastapi_service.py", "exec"), names)
    before = len(practice.ledger.orders())

    async def main() -> None:
        app = names["app"]
        terms = {"amount": "1", "direction": "call", "seconds": "1"}
        async with app.router.lifespan_context(app):
            status, balance = await answer(app, "GET", "/balance")
            assert (status, float(balance["amount"]) > 0) == (200, True)
            orders = [
                await answer(app, "PUT", "/orders/service-1", asset="EURUSD_otc", **terms) for _ in range(2)
            ]
            assert orders[0] == orders[1]
            assert orders[0][0] == 200
            status, refusal = await answer(app, "PUT", "/orders/service-2", asset="NOTHING", **terms)
            assert status == 422
            assert "NOTHING" in refusal["detail"]

    asyncio.run(main())
    assert len(practice.ledger.orders()) - before == 1


def test_losses_in_a_row_halt_the_orders(
    folder: Path, practice: PracticeExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    practice.force_outcome("loss")
    trader = threading.Timer(0.2, trade)
    trader.start()
    try:
        run("stop_after_losses.py", {"ROW": 1, "PATIENCE": DEADLINE})
    finally:
        trader.join()
        practice.force_outcome(None)
    assert "1 in a row\nhalted" in capsys.readouterr().out


class Told:
    """A runtime for a program that subscribes to closed deals: all that close are told at once."""

    def __init__(self, closed: list[tuple[str, str]]) -> None:
        stake = PlaceOrder("EURUSD_otc", 1, Direction.CALL, 60)
        self._events = [OrderClosed(ended(deal_of(stake, id), Decimal(profit))) for id, profit in closed]
        self.router = self

    def from_yaml(self, _: str) -> contextlib.AbstractContextManager["Told"]:
        return contextlib.nullcontext(self)

    def ask(self, command: Subscribe | Halt, timeout: float) -> None:
        assert timeout > 0
        if isinstance(command, Subscribe):
            assert callable(command.to)
            for event in self._events:
                command.to(event)


@pytest.mark.parametrize(
    ("closed", "row", "end"),
    [
        ([("a", "-1"), ("b", "-1"), ("c", "-1")], 3, "halted"),
        ([("a", "-1"), ("b", "-1"), ("b", "-0.98")], 2, "no deal for a long time"),
        ([("a", "-1"), ("b", "-1"), ("a", "0.92")], 1, "no deal for a long time"),
        ([("a", "-1"), ("b", "0.92"), ("c", "-1"), ("b", "-1")], 3, "halted"),
        ([("a", "-1"), ("b", "-1"), ("c", "0")], 0, "no deal for a long time"),
    ],
)
def test_a_deal_whose_result_is_corrected_counts_once_in_a_row_of_losses(
    closed: list[tuple[str, str]], row: int, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"__name__": "stop_after_losses"}
    exec(source("stop_after_losses.py", {"PATIENCE": 0.0}), names)
    names["Runtime"] = Told(closed)
    names["main"]()
    assert capsys.readouterr().out.endswith(f"{row} in a row\n{end}\n")


def trade() -> None:
    """Another program on the account, which trades through the runtime of the example."""
    with attach("tellwire.yaml") as running:
        running.router.ask(PlaceOrder("EURUSD_otc", 1, Direction.CALL, 1), timeout=DEADLINE)


def test_a_gap_pauses_and_its_end_goes_on(
    folder: Path, practice: PracticeExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut() -> None:
        assert practice.ledger.wait_until(
            lambda ledger: len(ledger.ticks("EURUSD_otc")) > ticks + 10, DEADLINE
        )
        practice.drop_connections()

    ticks = len(practice.ledger.ticks("EURUSD_otc"))
    cutter = threading.Thread(target=cut)
    cutter.start()
    run("watch_gaps.py", {"SECONDS": 2.0})
    cutter.join()
    said = capsys.readouterr().out
    assert re.search(r"EURUSD_otc: [\d.]+ s are missing", said), said
    assert "EURUSD_otc: recovered" in said
    assert "paused now: nothing" in said


class Hook(http.server.BaseHTTPRequestHandler):
    """A webhook that keeps what it is sent."""

    sent: queue.Queue[bytes] = queue.Queue()

    def do_POST(self) -> None:
        self.sent.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on the output of the tests."""


def test_an_alert_reaches_the_webhook(folder: Path) -> None:
    def halt() -> None:
        with attach("tellwire.yaml") as running:
            running.router.ask(Halt("a test"), timeout=DEADLINE)
            running.router.ask(Resume(), timeout=DEADLINE)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        halter = threading.Timer(0.2, halt)
        halter.start()
        run(
            "webhook_alerts.py",
            {"SECONDS": 3.0, "WEBHOOK": f"http://127.0.0.1:{server.server_address[1]}/alerts"},
        )
        halter.join()
        server.shutdown()
    assert b"orders are halted: a test" in Hook.sent.get(timeout=DEADLINE)


if __name__ == "__main__":
    introduction = INDEX.read_text("utf-8").partition(HEADING)[0].rstrip()
    INDEX.write_text(f"{introduction}\n\n{HEADING}{table()}", "utf-8")
