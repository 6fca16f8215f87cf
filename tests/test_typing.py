"""The programs of README, the documents and examples/ are accepted by mypy and pyright, strictly."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from labs.site.programs import cells

ROOT = Path(__file__).parent.parent
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
IMPORTED = [str(ROOT), str(ROOT / "scripts")]
"""Where actors, runtime and tellwire lie in a checkout."""

TIMEOUT = 120.0
"""Seconds for one run of a checker, which takes 10 s where nothing else runs."""

pytestmark = pytest.mark.timeout(2 * TIMEOUT + 10)

TYPED_ANSWERS = """
import datetime as dt
from decimal import Decimal

from runtime import (
    AsyncRuntime, Balance, BarClosed, BarForming, BarIterator, BarStream,
    Candle, CandleList, Deal, Direction, GetBalance, LoadCandles, PlaceOrder, Runtime,
    attach, attach_async,
)


def bot(runtime: Runtime) -> Decimal:
    balance: Balance = runtime.router.ask(GetBalance(), timeout=5)
    candles: list[Candle] = runtime.router.ask(LoadCandles("EURUSD_otc", 60), timeout=5)
    latest: CandleList = runtime.router.ask(LoadCandles("EURUSD_otc", 60), timeout=5)[-3:]
    candles += latest
    last: Candle = latest[-1]
    rows: list[dict[str, object]] = [*latest.to_dicts()]
    print(last.close, rows, latest.to_pandas(), latest.to_polars(), latest.to_arrow())
    future = runtime.router.ask(PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60), block=False)
    deal: Deal = future.get(timeout=5)
    with attach("config.yaml") as running:
        balance = running.router.ask(GetBalance(), timeout=5)
    return balance.amount + deal.amount + len(candles)


def client_bot(runtime: Runtime) -> None:
    deal: Deal = runtime.client.buy("EURUSD_otc", 1, minutes=1, timeout=dt.timedelta(seconds=15))
    closed: Deal = runtime.client.result(deal)
    candles: CandleList = runtime.client.candles("EURUSD_otc", dt.timedelta(minutes=5), count=50)
    for tick in runtime.client.ticks("EURUSD_otc"):
        print(tick.price, closed.outcome, candles[-1].close)
    bars: BarIterator = runtime.client.bars("EURUSD_otc", minutes=1, history=20)
    for bar in bars:
        candle: Candle = bar.candle
        if isinstance(bar, BarClosed):
            print(candle.close, bar.revision, bar.complete)
    with attach("config.yaml") as running:
        running.client.halt("by hand")
        print(running.client.payout("EURUSD_otc").percent)


async def awaiting_client_bot(runtime: AsyncRuntime) -> None:
    deal: Deal = await runtime.client.sell("EURUSD_otc", Decimal(1), seconds=30)
    async for tick in runtime.client.ticks("EURUSD_otc"):
        print(tick.price, (await runtime.client.result(deal)).outcome)


async def awaiting_bot(runtime: AsyncRuntime) -> float:
    balance: Balance = await runtime.ask(GetBalance(), timeout=5)
    async with attach_async("config.yaml") as running:
        candles: list[Candle] = await running.ask(LoadCandles("EURUSD_otc", 60))
    bars: BarStream = runtime.candles("EURUSD_otc", 60, history=20)
    async with bars, runtime.client.bars("EURUSD_otc", ticks=50) as others:
        forming: BarForming | BarClosed = await anext(others)
        print(forming.candle.close, bars.history[-1].close)
    async for tick in runtime.ticks("EURUSD_otc"):
        return tick.price + candles[0].open + float(balance.amount)
    return 0.0
"""
IMPORTS_FROM_RUNTIME = """
from decimal import Decimal

from runtime import (
    Config,
    Deal,
    Direction,
    NotSent,
    OrderUnknown,
    PlaceOrder,
    Runtime,
    Status,
    StreamConfig,
    Subscribe,
    SubscribeTicks,
    Tick,
    attach,
)


def show(event: Tick) -> None:
    reveal_type(event.price)


def trade(running: Runtime) -> Deal | None:
    running.router.tell(SubscribeTicks("EURUSD_otc"))
    running.router.tell(Subscribe("tick.EURUSD_otc", to=show))
    try:
        deal = running.router.ask(PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60), timeout=15)
    except (NotSent, OrderUnknown) as error:
        print(error)
        return None
    assert isinstance(deal, Deal)
    return deal


def count(status: Status) -> int:
    return len(status.streams)


with Runtime(Config(streams=[StreamConfig(asset="EURUSD_otc")])) as here, attach(here.config) as there:
    reveal_type(there.runtime.pid)
    trade(here)
"""
WRONG_PROGRAM = "wrong.py"
WRONG = """
from runtime import AsyncRuntime, Candle, GetBalance, Runtime


def bot(runtime: Runtime) -> None:
    candle: Candle = runtime.router.ask(GetBalance(), timeout=5)
    runtime.router.ask("balance")
    runtime.router.ask(GetBalance)
    runtime.client.buy("EURUSD_otc", 1, minute=1)
    print(candle)


async def awaiting_bot(runtime: AsyncRuntime) -> None:
    candle: Candle = await runtime.ask(GetBalance(), timeout=5)
    await runtime.ask("balance")
    await runtime.ask(GetBalance)
    await runtime.client.buy("EURUSD_otc", 1, minute=1)
    print(candle)
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a user's with every program in a file."""
    folder = tmp_path_factory.mktemp("typing")
    for page in PAGES:
        for number, program in enumerate(PROGRAM.findall(page.read_text(encoding="utf-8")), 1):
            (folder / f"page_{page.stem.replace('-', '_')}_{number}.py").write_text(program, encoding="utf-8")
    for example in (ROOT / "examples").iterdir():
        if example.suffix == ".py":
            shutil.copy(example, folder)
        elif example.suffix == ".ipynb":
            code = textwrap.indent("\n".join(cells(example, "code")), "    ")
            written = f"async def cells() -> None:\n{code}\n"  # where a cell may await
            (folder / f"{example.stem}.py").write_text(written, encoding="utf-8")
    (folder / "typed_answers.py").write_text(TYPED_ANSWERS, encoding="utf-8")
    (folder / "imports.py").write_text(IMPORTS_FROM_RUNTIME, encoding="utf-8")
    (folder / WRONG_PROGRAM).write_text(WRONG, encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> list[str]:
    """The lines that a checker prints which has found something."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def by_mypy(programs: Path) -> list[str]:
    """What mypy says about all programs. With the options of the project, which are strict, it finds what
    they import in the cache that a check of the project has left."""
    return run(ROOT, "mypy", "--strict", *map(str, programs.glob("*.py")))


@pytest.fixture(scope="module")
def by_pyright(programs: Path) -> list[str]:
    """What pyright says about all programs."""
    pytest.importorskip("pyright", reason="pyright is in the extra `test`")
    settings = {"typeCheckingMode": "strict", "extraPaths": IMPORTED, "include": ["*.py"]}
    (programs / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return [line.strip() for line in run(programs, "pyright", "--pythonpath", sys.executable)]


def errors(said: list[str]) -> list[str]:
    """The errors with their places, each a line."""
    return [line for line in said if re.search(r"\.py:\d+(:\d+)?( -)?:? error", line)]


def test_there_are_programs_in_the_pages(programs: Path) -> None:
    assert len(list(programs.glob("page_README_*.py"))) >= 1
    assert len(list(programs.glob("*.py"))) >= 40
    assert (programs / "sma_bot.py").exists()
    assert (programs / "notebook_async.py").exists()


def test_mypy_accepts_every_program_strictly(by_mypy: list[str]) -> None:
    assert [line for line in errors(by_mypy) if f"/{WRONG_PROGRAM}:" not in line] == []


def test_pyright_accepts_every_program_strictly(by_pyright: list[str]) -> None:
    assert [line for line in errors(by_pyright) if f"/{WRONG_PROGRAM}:" not in line] == []


def test_both_refuse_a_wrong_type_of_answer_and_what_is_no_command(
    by_mypy: list[str], by_pyright: list[str]
) -> None:
    for line in (6, 7, 8, 9, 14, 15, 16, 17):
        assert any(f"/{WRONG_PROGRAM}:{line}:" in each for each in errors(by_mypy))
        assert any(f"/{WRONG_PROGRAM}:{line}:" in each for each in errors(by_pyright))


def test_a_checker_knows_what_a_program_imports_from_runtime(by_mypy: list[str]) -> None:
    notes = [line.partition(" note: ")[2] for line in by_mypy if "/imports.py:" in line]
    assert notes == ['Revealed type is "float"', 'Revealed type is "int"']
