"""The journal: one runtime has it at a time; without it prices arrive and orders are refused."""

import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pykka
import pytest
from loguru import logger

from actors.errors import Halted, JournalInUse, OrderUnknown, RequestError
from actors.messages import (
    GetOpenedDeals,
    Halt,
    OrderNotPlaced,
    Resume,
    SubscribeTicks,
)
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import ask, status_of
from tests.journeys.trader import ASSET, bet, catch_up, listening, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def test_a_second_runtime_on_the_same_journal_is_refused_and_leaves_nothing_running(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, workers=1)
    with listening(config) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        actors = len(pykka.ActorRegistry.get_all())
        threads = set(threading.enumerate())
        processes = len(psutil.Process().children(recursive=True))
        second = Runtime(config)
        with pytest.raises(JournalInUse, match=str(journal)):
            second.start()
        assert len(pykka.ActorRegistry.get_all()) == actors
        assert {thread for thread in threading.enumerate() if thread.is_alive()} <= threads
        assert len(psutil.Process().children(recursive=True)) == processes
        second.stop()
        ask(runtime, bet(5))
        catch_up(exchange, runtime, notebook)
    assert sum(socket.authenticated for socket in exchange.ledger.sockets()) == 1
    with listening(config) as (runtime, _):
        ask(runtime, bet(6))


def test_without_a_journal_prices_flow_and_orders_are_refused_saying_why(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    regular = tmp_path / "regular"
    regular.write_text("not a folder")
    with listening(trading(exchange, regular / "orders.sqlite")) as (runtime, notebook):
        ask(runtime, SubscribeTicks(ASSET))
        assert notebook.wait(lambda book: len(book.ticks(ASSET)) >= 3)
        with pytest.raises(Halted, match=str(regular)):
            ask(runtime, bet())
        assert str(regular) in str(status_of(runtime).desk.halted)
        with pytest.raises(Halted):
            ask(runtime, Resume())
        with pytest.raises(Halted):
            ask(runtime, bet())
        assert ask(runtime, GetOpenedDeals()) == []
    assert exchange.ledger.count("openOrder") == 0
    assert regular.read_text() == "not a folder"


def test_what_cannot_be_journaled_is_not_sent(exchange: PracticeExchange, journal: Path) -> None:
    """The disk becomes full, or the file is removed, while the runtime runs."""
    with listening(trading(exchange, journal)) as (runtime, notebook):
        deal = ask(runtime, bet(5))
        with _locked(journal), pytest.raises(Halted, match=str(journal)):
            ask(runtime, bet(6))
        catch_up(exchange, runtime, notebook)
        assert [order.amount for order in exchange.ledger.orders()] == [5]
        assert status_of(runtime).desk.in_flight == 0
        assert ask(runtime, GetOpenedDeals()) == [deal]
        ask(runtime, bet(7))
    assert [order.amount for order in exchange.ledger.orders()] == [Decimal(5), Decimal(7)]


@pytest.mark.parametrize("fields", [{"direction": "up"}, {"duration": 60.5}])
def test_an_order_of_the_wrong_types_does_not_spoil_the_journal(
    exchange: PracticeExchange, journal: Path, fields: dict[str, Any]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        with contextlib.suppress(RequestError, TypeError, ValueError):
            ask(runtime, bet(5, deadline=0.5, **{"duration": 60} | fields))
    with listening(trading(exchange, journal)) as (runtime, _):
        assert ask(runtime, bet(6)).amount == 6


def _no_database(journal: Path) -> None:
    journal.write_bytes(b"this is not a database, but it is longer than a header of one" * 100)
    for beside in ("-wal", "-shm"):
        Path(f"{journal}{beside}").unlink(missing_ok=True)


def _unreadable_order(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as db, db:
        assert db.execute("UPDATE orders SET direction = 'sideways'").rowcount == 1


@pytest.mark.parametrize("spoil", [_no_database, _unreadable_order])
def test_with_a_journal_that_cannot_be_read_prices_flow_and_orders_are_refused_saying_why(
    exchange: PracticeExchange, journal: Path, spoil: Callable[[Path], None]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, bet(5))
    spoil(journal)
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, SubscribeTicks(ASSET))
        assert notebook.wait(lambda book: len(book.ticks(ASSET)) >= 3)
        with pytest.raises(Halted, match=str(journal)):
            ask(runtime, bet())
    assert [order.amount for order in exchange.ledger.orders()] == [5]


@contextmanager
def _locked(journal: Path) -> Iterator[None]:
    """Another program has locked the file."""
    other = sqlite3.connect(journal, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def test_a_runtime_without_a_usable_journal_says_so_as_an_error_once(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    broken = tmp_path / "orders.sqlite"
    broken.write_text("this is no database, and never was one" * 100)
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{level} {message}")
    try:
        with Runtime(trading(exchange, broken)) as runtime:
            assert status_of(runtime).desk.halted is not None
    finally:
        logger.remove(sink)
    [line] = [line for line in lines if "journal" in line]
    assert line.startswith("ERROR no order is sent, streams go on: the journal")
    assert "restart" in line


@pytest.mark.parametrize("folder", [False, True])
def test_a_journal_that_is_removed_under_a_runtime_ends_its_orders_and_not_its_streams(
    exchange: PracticeExchange, tmp_path: Path, folder: bool
) -> None:
    path = tmp_path / "state" / "orders.sqlite"
    with listening(trading(exchange, path)) as (runtime, notebook):
        ask(runtime, bet(5))
        assert status_of(runtime).desk.halted is None
        if folder:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        with pytest.raises(Halted, match="has gone while it is in use"):
            ask(runtime, bet(6))
        assert "has gone while it is in use" in str(status_of(runtime).desk.halted)
        ask(runtime, SubscribeTicks(ASSET))
        assert notebook.wait(lambda book: len(book.ticks(ASSET)) >= 3)
    assert [order.amount for order in exchange.ledger.orders()] == [5]


def test_a_journal_that_went_with_its_folder_is_not_made_anew_before_a_person_says_so(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    path = tmp_path / "state" / "orders.sqlite"
    with listening(trading(exchange, path)) as (runtime, _):
        ask(runtime, bet(5))
        shutil.rmtree(path.parent)
    for _ in range(2):
        with listening(trading(exchange, path)) as (runtime, _):
            with pytest.raises(Halted, match="is gone with its mark, but was there before") as refused:
                ask(runtime, bet(6))
            assert "is gone with its mark" in str(status_of(runtime).desk.halted)
            with pytest.raises(JournalInUse), Runtime(trading(exchange, tmp_path / "two.sqlite")):
                pass
    assert not path.exists()
    Path(str(refused.value).partition("or remove ")[2].partition(", if no order")[0]).unlink()
    with listening(trading(exchange, path)) as (runtime, _):
        assert ask(runtime, bet(7)).amount == 7


def test_the_journal_of_another_account_gives_prices_and_takes_no_order(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, bet(5))
    with venue() as elsewhere:  # each exchange has an account of its own
        with listening(trading(elsewhere, journal)) as (runtime, notebook):
            ask(runtime, SubscribeTicks(ASSET))
            assert notebook.wait(lambda book: len(book.ticks(ASSET)) >= 3)
            with pytest.raises(Halted, match=r"belongs to the demo account .* give each account a file"):
                ask(runtime, bet(6))
            assert "belongs to the demo account" in str(status_of(runtime).desk.halted)
        assert elsewhere.ledger.orders() == []
    with listening(trading(exchange, journal)) as (runtime, _):
        assert ask(runtime, bet(7)).amount == 7


def test_a_copy_of_the_file_alone_knows_an_order_in_doubt_and_a_halt(
    exchange: PracticeExchange, journal: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with listening(trading(exchange, journal)) as (runtime, notebook):
        exchange.disturb_orders("lost_before")
        with pytest.raises(OrderUnknown):
            ask(runtime, bet(5, deadline=0.5))
        shutil.copyfile(journal, copy)
        ask(runtime, Halt("lunch"))
        halted = tmp_path / "halted.sqlite"
        shutil.copyfile(journal, halted)
        catch_up(exchange, runtime, notebook)
    with listening(trading(exchange, copy)) as (runtime, notebook):
        assert status_of(runtime).desk.halted is None
        assert notebook.first(OrderNotPlaced).amount == 5
    with listening(trading(exchange, halted)) as (runtime, _), pytest.raises(Halted, match="lunch"):
        ask(runtime, bet(6))


def test_one_runtime_trades_on_an_account_wherever_its_journal_is_unless_said_otherwise(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    shared = {"share_account": True}
    with listening(trading(exchange, tmp_path / "one.sqlite")) as (first, _):
        second = Runtime(trading(exchange, tmp_path / "two.sqlite"))
        with pytest.raises(JournalInUse, match=rf"another runtime \(pid {os.getpid()}\) trades on the demo"):
            second.start()
        assert ask(first, bet(5)).amount == 5
        with listening(trading(exchange, tmp_path / "three.sqlite", orders=shared)) as (third, _):
            assert ask(third, bet(6)).amount == 6
        with venue() as elsewhere, listening(trading(elsewhere, tmp_path / "four.sqlite")) as (fourth, _):
            assert ask(fourth, bet(7)).amount == 7
    with listening(trading(exchange, tmp_path / "two.sqlite")) as (runtime, _):
        assert ask(runtime, bet(8)).amount == 8


def test_practice_runtimes_do_not_exclude_one_another(tmp_path: Path) -> None:
    settings = {"pool": {"connections": 1, "workers": 0}}
    configs = [
        Config.model_validate(settings | {"orders": {"journal": str(tmp_path / name)}}) for name in ("1", "2")
    ]
    with Runtime(configs[0]), Runtime(configs[1]) as runtime:
        assert ask(runtime, GetOpenedDeals()) == []
