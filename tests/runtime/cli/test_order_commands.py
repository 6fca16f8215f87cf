"""``ctl orders``, ``ctl deals`` and ``ctl balance``: beside a runtime, and without one."""

import csv
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from actors.errors import OrderUnknown
from actors.messages import AwaitResult, Direction, OrderInDoubt, PlaceOrder, Subscribe
from actors.orders.order import OrderState
from actors.values import Deal
from runtime import Runtime
from runtime.config import load
from runtime.ctl import main
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.journeys.journey import DEADLINE, Notebook
from tests.runtime.storage.test_journal import CLOSED, JOURNALED

Capture = pytest.CaptureFixture[str]
LOST = structs.replace(JOURNALED, id="lost", state=OrderState.UNKNOWN, reason="no answer")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ctl.yaml"
    file.write_text("pool: {workers: 0, connections: 1}\norders: {journal: kept.sqlite}\n")
    return file


@pytest.fixture
def journaled(file: Path) -> Path:
    """A journal that a runtime has left: one order closed long ago, one today; one is in doubt, one gone."""
    path = file.parent / "kept.sqlite"
    account = JournalAccount.practice("pocketoption")
    now = time.time()
    assert CLOSED.deal is not None
    today = structs.replace(
        CLOSED, id="today", created_at=now, deal=structs.replace(CLOSED.deal, id="d2", closes_at=now)
    )
    with closing(SqliteJournal(path, account, retention=365_000 * 86_400.0)) as journal:
        journal.write([CLOSED, structs.replace(CLOSED, id="gone", created_at=1.0), LOST, today])
    with closing(SqliteJournal(path, account, retention=now - CLOSED.created_at + 86_400.0)):
        return path


def document(capture: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capture.readouterr().out)
    return found


def place(runtime: Runtime, amount: int = 1, **options: float) -> Deal:
    order = PlaceOrder("EURUSD_otc", amount, Direction.CALL, 60, **options)  # type: ignore[arg-type]
    deal: Deal = runtime.router.ask(order, timeout=DEADLINE)
    return deal


def test_a_running_runtime_shows_its_orders_deals_and_balance(
    file: Path, runtime: Runtime, capsys: Capture
) -> None:
    deal = place(runtime)
    assert main([str(file), "orders"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split()[1] for line in out.splitlines()[1:-1]] == ["open"]
    assert deal.id in out
    assert out.endswith("\n1 open\n")
    assert main([str(file), "orders", "--json"]) == 0
    told = document(capsys)
    assert (told["running"], told["journal"]) == (True, str(file.parent / "kept.sqlite"))
    [order] = told["orders"]
    assert (order["state"], order["amount"], order["direction"]) == ("open", "1", "call")
    assert order["deal"]["id"] == deal.id
    assert main([str(file), "deals"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[1].split()[:3], err) == ([deal.id, "open", "EURUSD_otc"], "")
    assert out.endswith("\n1 open, stakes 1.00; 0 closed, profit 0.00\n")
    assert main([str(file), "balance"]) == 0
    assert capsys.readouterr().out == "the demo balance is 9,999.00\n"
    assert main([str(file), "balance", "--json"]) == 0
    assert document(capsys) == {"account": "demo", "amount": "9999", "currency": None}


def test_a_closed_deal_has_its_profit(file: Path, runtime: Runtime, capsys: Capture) -> None:
    assert runtime.exchange is not None
    runtime.exchange.force_outcome("loss")
    deal = runtime.router.ask(PlaceOrder("EURUSD_otc", 2, Direction.PUT, 5), timeout=DEADLINE)
    runtime.router.ask(AwaitResult(deal.id), timeout=4 * DEADLINE)
    assert main([str(file), "deals", "--json"]) == 0
    told = document(capsys)
    assert (told["from"], told["open"]) == ("runtime", [])
    [closed] = told["closed"]
    assert (closed["id"], closed["profit"]) == (deal.id, "-2")
    assert main([str(file), "orders"]) == 0
    assert capsys.readouterr().out.endswith("\n1 closed, profit -2.00\n")


def test_an_order_in_doubt_is_listed_and_settled(file: Path, runtime: Runtime, capsys: Capture) -> None:
    assert runtime.exchange is not None
    notebook = Notebook()
    runtime.router.tell(Subscribe("order.", to=notebook))
    runtime.exchange.fault("lost_before")
    with pytest.raises(OrderUnknown):
        place(runtime, deadline=1.0)
    id = notebook.first(OrderInDoubt).order
    assert main([str(file), "orders"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].startswith(f"{id}  in doubt")
    assert main([str(file), "orders", "settle", id, "not-placed", "--reason", "the page has none"]) == 0
    assert capsys.readouterr().out == f"order {id} is settled as not placed\n"
    assert main([str(file), "orders", "settle", id, "opened", "--reason", "again", "--json"]) == 1
    assert id in capsys.readouterr().err
    assert main([str(file), "orders", "--all", "--json"]) == 0
    [order] = document(capsys)["orders"]
    assert order["state"] == "not placed"
    assert "the page has none" in order["reason"]


@pytest.mark.parametrize(
    "arguments",
    [["settle", "x"], ["settle", "x", "opened"], ["settle", "x", "maybe", "--reason", "y"], ["export"]],
)
def test_what_is_left_out_is_misuse(file: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(file), "orders", *arguments])


def test_without_a_runtime_the_journal_is_told_and_named(
    file: Path, journaled: Path, capsys: Capture
) -> None:
    assert main([str(file), "orders"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == ["lost", "today"]
    assert out.endswith("\n1 in doubt, 1 closed, profit +1.38, 1 others, which --all shows\n")
    assert err.startswith("no runtime is running: ")
    assert err.endswith(f"; this is the journal {journaled}\n")
    assert main([str(file), "orders", "--all", "--json"]) == 0
    told = document(capsys)
    assert told["running"] is False
    assert [order["id"] for order in told["orders"]] == ["o1", "lost", "today"]
    assert main([str(file), "deals"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == ["d1", "d2"]
    assert f"these are the deals of the journal {journaled}" in err


def test_an_export_needs_no_runtime_and_has_what_the_retention_has_removed(
    file: Path, journaled: Path, capsys: Capture
) -> None:
    target = file.parent / "finished.csv"
    before = journaled.read_bytes()
    assert main([str(file), "orders", "export", str(target)]) == 0
    assert capsys.readouterr().out == (
        f"{target} has 3 finished orders, 1 of them by id and state alone: they had left the journal before\n"
    )
    with target.open(newline="") as rows:
        assert [(row["id"], row["state"]) for row in csv.DictReader(rows)] == [
            ("gone", "closed"),
            ("o1", "closed"),
            ("today", "closed"),
        ]
    assert main([str(file), "orders", "export", str(target), "--json"]) == 0
    assert document(capsys) == {"file": str(target), "orders": 3, "bare": 1}
    assert journaled.read_bytes() == before
    target.write_text("something else\n")
    assert main([str(file), "orders", "export", str(target)]) == 1
    assert capsys.readouterr().err.startswith("nothing was exported: ")


def test_what_only_a_runtime_knows_is_not_made_up(file: Path, journaled: Path, capsys: Capture) -> None:
    assert main([str(file), "balance"]) == 4
    assert "only a running runtime is told the balance" in capsys.readouterr().err
    assert main([str(file), "orders", "settle", "lost", "opened", "--reason", "seen"]) == 4
    assert "start it first" in capsys.readouterr().err


def test_no_journal_yet_is_no_error_and_a_damaged_one_is(file: Path, capsys: Capture) -> None:
    path = file.parent / "kept.sqlite"
    assert main([str(file), "orders"]) == 0
    out, err = capsys.readouterr()
    assert out == "no orders\n"
    assert err.endswith(f"; there is no journal {path} yet\n")
    assert not path.exists()
    path.write_bytes(b"precious" * 1000)
    for command in (
        ["orders"],
        ["orders", "--json"],
        ["deals"],
        ["orders", "export", str(file.parent / "a.csv")],
    ):
        assert main([str(file), *command]) == 1
        out, err = capsys.readouterr()
        assert (out, f"the journal {path} cannot be read: " in err) == ("", True)
    path.unlink()
    path.with_name("kept.sqlite.mark").touch()
    assert main([str(file), "orders"]) == 1


def test_a_journal_that_is_a_link_to_nowhere_is_told_as_such(file: Path, capsys: Capture) -> None:
    path = file.parent / "kept.sqlite"
    path.symlink_to(file.parent / "not mounted" / "kept.sqlite")
    assert main([str(file), "orders"]) == 1
    assert f"{path} is a link to " in capsys.readouterr().err
    main([str(file), "doctor"])
    assert f"{path} is a link to " in capsys.readouterr().out


def test_a_journal_that_has_gone_beside_its_runtime_is_not_called_none_yet(
    file: Path, runtime: Runtime, capsys: Capture
) -> None:
    path = file.parent / "kept.sqlite"
    for beside in (path, path.with_name("kept.sqlite.mark")):
        beside.rename(beside.with_name(f"{beside.name}.away"))
    for command in (["orders"], ["orders", "export", str(file.parent / "a.csv")]):
        assert main([str(file), *command]) == 1
        out, err = capsys.readouterr()
        assert (out, f"the journal {path} cannot be read: " in err) == ("", True)
    main([str(file), "doctor"])
    assert f"{path} has gone while the runtime uses it" in capsys.readouterr().out


def test_a_practice_journal_ends_with_its_runtime(
    tmp_path: Path, start_runtime: Callable[..., Runtime], capsys: Capture
) -> None:
    file = tmp_path / "passing.yaml"
    file.write_text("pool: {workers: 0, connections: 1}\n")
    assert main([str(file), "orders"]) == 4
    assert "keeps no orders after its end" in capsys.readouterr().err
    deal = place(start_runtime(load(file)))
    assert main([str(file), "orders"]) == 0
    assert deal.id in capsys.readouterr().out


def test_a_socket_alone_leads_to_the_journal_of_a_running_runtime(
    place: Path, tmp_path: Path, start_runtime: Callable[..., Runtime], capsys: Capture
) -> None:
    assert main([str(place), "orders"]) == 4
    assert "name the configuration" in capsys.readouterr().err
    file = tmp_path / "named.yaml"
    file.write_text(f"pool: {{workers: 0, connections: 1}}\ncontrol: {{socket: '{place}'}}\n")
    start_runtime(load(file))
    assert main([str(place), "orders"]) == 0
    assert capsys.readouterr().out == "no orders\n"
