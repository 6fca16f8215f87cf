"""A practice session, its report, and that report in a real browser: the page says what the journal says."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from actors.messages import GetBalance, OrderClosed, PlaceOrder, Subscribe
from actors.orders.order import OrderState
from actors.values import Direction
from runtime import Runtime
from runtime.cli.report_command import main
from runtime.storage.inspection import read_orders
from tests.browser import Tab, browser
from tests.doubles.reported_orders import BEGAN, closed
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, practice
from tests.runtime.storage.test_journal import opened

EVIL = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as tab:
        yield tab


def trade(folder: Path) -> Path:
    """The journal of a session with four deals, and one that is open; recorded."""
    journal = folder / "orders.sqlite"
    config = practice(
        0,
        *ASSETS[:2],
        orders={"journal": str(journal)},
        record={"folder": str(folder / "recording")},
        pool={"connections": 1},
    )
    with Runtime(config) as runtime:
        notebook = Notebook()
        ask(runtime, Subscribe("order.>", to=notebook))
        ask(runtime, GetBalance())
        for number in range(4):
            asset, side = ASSETS[number % 2], list(Direction)[number // 2]
            ask(runtime, PlaceOrder(asset, Decimal("1.5") + number, side, 5 + number // 2))
        assert notebook.wait(lambda book: len(book.all(OrderClosed)) == 4, 3 * DEADLINE)
        ask(runtime, PlaceOrder(ASSETS[0], 7, Direction.CALL, 600))
        assert main([str(journal), "--html", str(folder / "beside.html")], "report") == 0
    return journal


def visit(tab: Tab, page: Path, *, phone: bool = False, dark: bool = False) -> None:
    tab.events.clear()
    tab.resize(*((390, 844) if phone else (1280, 900)), phone=phone, dark=dark)
    tab.open(page.as_uri())
    tab.until(f"location.href === {json.dumps(page.as_uri())} && document.readyState === 'complete'")


def assert_alone(tab: Tab, page: Path) -> None:
    """It asked for nothing but itself, complains about nothing, and fits its window."""
    assert [url for url in tab.requests if not url.startswith("data:")] == [page.as_uri()]
    assert tab.complaints == []
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def groups(tab: Tab, place: str) -> dict[str, Decimal]:
    """The results in a table, by their keys."""
    rows = f"[...document.querySelectorAll('#{place} tr[data-key]')]"
    found = tab.value(f"{rows}.map(row => [row.dataset.key, row.querySelector('.profit').textContent])")
    return {key: amount(text) for key, text in found}


def test_the_page_of_a_session_says_what_its_journal_says(
    tab: Tab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, page = trade(tmp_path), tmp_path / "page.html"
    recording = str(tmp_path / "recording")
    assert main([str(journal), "--html", str(page), "--recording", recording], "report") == 0
    deals = [order.deal for order in read_orders(journal) if order.deal and order.deal.profit is not None]
    profits = [deal.profit for deal in deals if deal.profit is not None]
    assert len(profits) == 4
    said = re.search(r"5 orders, 4 deals with a result, ([-+]?\d+\.\d\d+) USD", capsys.readouterr().out)
    assert said is not None
    assert Decimal(said[1]) == sum(profits)
    for phone, dark in ((False, False), (True, True)):
        visit(tab, page, phone=phone, dark=dark)
        assert amount(tab.text(".profit .amount")) == sum(profits)
        assert_alone(tab, page)
    expected: dict[str, Decimal] = {}
    for deal, profit in zip(deals, profits, strict=True):
        expected[deal.asset] = expected.get(deal.asset, Decimal(0)) + profit
    assert groups(tab, "by-asset") == expected
    for place in ("by-day", "by-duration", "by-direction"):
        assert sum(groups(tab, place).values()) == sum(profits)
    assert tab.text(".badge") == "PRACTICE EXCHANGE: no real money"
    assert tab.text("#orders tr[data-key=open] .number") == "1"
    assert "1 deal is open" in tab.text("#unknown")
    assert tab.text("#recording .reactions div:last-child dd") == "5"
    visit(tab, tmp_path / "beside.html")
    assert amount(tab.text(".profit .amount")) == sum(profits)
    assert "Reaction times, silences and outages are in a recording alone" in tab.text("#unknown")


def test_what_a_venue_or_a_person_wrote_is_text(tab: Tab, tmp_path: Path) -> None:
    journal, page = tmp_path / "orders.sqlite", tmp_path / "page.html"
    doubt = structs.replace(
        closed("doubt", "1", asset=EVIL), state=OrderState.UNKNOWN, deal=None, reason=EVIL
    )
    refused = structs.replace(doubt, id="refused", state=OrderState.REFUSED)
    with closing(opened(journal)) as kept:
        kept.write([closed("1", "0.92", asset=EVIL), doubt, refused])
    assert main([str(journal), "--html", str(page), "--utc"], "report") == 0
    visit(tab, page)
    assert_alone(tab, page)
    assert tab.value("document.title") == "Trading report: PocketOption"
    assert tab.text("#by-asset td.name") == EVIL
    assert EVIL in tab.text("#followed")
    assert EVIL in tab.text("#orders")


def test_pointing_at_the_curve_reads_it(tab: Tab, tmp_path: Path) -> None:
    journal, page = tmp_path / "orders.sqlite", tmp_path / "page.html"
    with closing(opened(journal)) as kept:
        kept.write(
            [closed("1", "0.92"), closed("2", "-1", at=BEGAN + 3600), closed("3", "2", at=BEGAN + 7200)]
        )
    assert main([str(journal), "--html", str(page), "--utc"], "report") == 0
    visit(tab, page)
    frame = tab.value(
        "(({left, top, width, height}) => ({left, top, width, height}))"
        "(document.querySelector('.equity svg').getBoundingClientRect())"
    )
    x, y = frame["left"] + 0.6 * frame["width"], frame["top"] + 20
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    shown = tab.until("document.querySelector('.reading')?.textContent")
    assert shown == "2026-02-02 03:41:00\n\N{MINUS SIGN}0.08\ndrawdown \N{MINUS SIGN}1.00"
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    tab.until("!document.querySelector('.reading')")
    assert_alone(tab, page)
