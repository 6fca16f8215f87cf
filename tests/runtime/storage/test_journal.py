"""The journal on a real disk, with real processes that are killed and disks that are full."""

import contextlib
import functools
import math
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from actors.errors import Halted, JournalInUse
from actors.orders.order import Order, OrderState, PendingTerms
from actors.values import AccountKind, Deal, Direction
from runtime.storage.account import JournalAccount
from runtime.storage.journal import FINISHED_LOADED, SqliteJournal

DEADLINE = 20.0
ACCOUNT = JournalAccount("pocketoption", "demo", "123")
opened = functools.partial(SqliteJournal, account=ACCOUNT, retention=math.inf)
CREATED = Order("o1", "EURUSD_otc", Decimal("1.50"), Direction.CALL, 60, AccountKind.DEMO, 1770848931.123456)
JOURNALED = CREATED.become(OrderState.JOURNALED)
DEAL = Deal(
    "d1",
    "EURUSD_otc",
    Direction.CALL,
    Decimal("1.50"),
    1770848931.0,
    1770848991.0,
    1.1,
    92,
    AccountKind.DEMO,
    1.2,
    Decimal("1.38"),
)
PENDING = structs.replace(
    JOURNALED.become(OrderState.PENDING),
    id="p1",
    pending=PendingTerms(60, open_at=1770849000.5, ticket="t-1"),
)
CLOSED = JOURNALED.become(OrderState.OPEN, deal=DEAL).become(OrderState.CLOSED, reason="ended; it's 'won'")

WRITER = """
import sys
from pathlib import Path
from msgspec import structs
from tests.runtime.storage.test_journal import CLOSED, JOURNALED, opened

journal = opened(Path(sys.argv[1]))
number = len(journal.load())
while True:
    for write, order in ((journal.write, JOURNALED), (journal.note, CLOSED)):
        write([structs.replace(order, id=f"o{number}")])
        print(number, order.state.value, flush=True)
    number += 1
"""

FILLER = """
import resource, signal, sys
from pathlib import Path
from msgspec import structs
from actors.errors import Halted
from tests.runtime.storage.test_journal import JOURNALED, opened

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = opened(Path(sys.argv[1]))
written = 0
resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, resource.RLIM_INFINITY))
try:
    while True:
        journal.write([structs.replace(JOURNALED, id=f"o{written}")])
        written += 1
except Halted as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.write([structs.replace(JOURNALED, id=f"o{written}")])
print(written + 1, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "orders.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    with contextlib.closing(opened(path)) as journal:
        yield journal


def run(source: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def closed_as(id: str) -> Order:
    return structs.replace(CLOSED, id=id)


def whole(line: str) -> bool:
    """A kill can cut the last line short."""
    return line.endswith("\n")


def test_pending_orders_are_kept_beside_the_orders_and_told_apart_from_them(journal: SqliteJournal) -> None:
    at_price = structs.replace(
        JOURNALED, id="p2", state=OrderState.UNKNOWN, pending=PendingTerms(0, open_price=1.1)
    )
    ended = [
        structs.replace(PENDING, id=f"e{number}", state=OrderState.CLOSED)
        for number in range(FINISHED_LOADED + 3)
    ]
    journal.write([PENDING, JOURNALED, *ended, at_price, CLOSED])
    assert journal.load() == [CLOSED]  # which has the id of the one before
    assert journal.load_pending() == [PENDING, *ended[3:], at_price]
    assert journal.find("p1") == PENDING
    assert [order.kind for order in journal.since(0.0)[:2]] == ["pending", "order"]
    journal.note([PENDING.become(OrderState.CLOSED, reason="cancelled")])
    assert journal.find("p1") == structs.replace(PENDING, state=OrderState.CLOSED, reason="cancelled")


def test_what_is_written_is_read_back_exactly(journal: SqliteJournal) -> None:
    orders = [JOURNALED, closed_as("o2"), structs.replace(closed_as("o3"), after="d0")]
    journal.write(orders)
    assert journal.load() == orders
    assert journal.load()[0].amount.as_tuple() == JOURNALED.amount.as_tuple()


def test_a_deal_is_journaled_with_the_fields_of_the_venue(journal: SqliteJournal) -> None:
    raw = {"requestId": "r-1", "profit": 1.38, "openMs": 174, "copyTicket": "", "isCopySignal": False}
    deal = structs.replace(DEAL, raw=raw, currency="USD")
    journal.write([structs.replace(CLOSED, deal=deal)])
    (found,) = journal.load()
    assert found.deal is not None
    assert (found.deal, found.deal.raw) == (deal, raw)


def test_a_deal_that_an_earlier_version_journaled_has_no_such_fields(
    path: Path, journal: SqliteJournal
) -> None:
    journal.write([CLOSED])
    journal.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.row_factory = sqlite3.Row
        row = dict(db.execute("SELECT * FROM orders").fetchone())
        deal = msgspec.json.decode(row["deal"])
        del deal["raw"], deal["currency"]
        earlier = {**row, "deal": msgspec.json.encode(deal).decode()}
        unsummed = {name: value for name, value in earlier.items() if name not in {"checksum", "number"}}
        checksum = zlib.crc32(msgspec.json.encode(sorted(unsummed.items())))
        db.execute("UPDATE orders SET deal = ?, checksum = ?", (earlier["deal"], checksum))
    with closing(opened(path)) as again:
        assert again.load() == [CLOSED]


def test_an_order_is_overwritten_and_keeps_its_place(path: Path, journal: SqliteJournal) -> None:
    other = closed_as("o2")
    journal.write([JOURNALED])
    journal.write([other])
    journal.write([CLOSED])
    journal.close()
    with contextlib.closing(opened(path)) as reopened:
        assert reopened.load() == [CLOSED, other]


def test_an_order_that_was_not_sent_is_made_again_under_the_same_id(
    path: Path, journal: SqliteJournal
) -> None:
    journal.write([JOURNALED.become(OrderState.NOT_SENT)])
    again = structs.replace(JOURNALED, created_at=JOURNALED.created_at + 60, after="d7")
    journal.write([again])
    journal.close()
    with contextlib.closing(opened(path)) as reopened:
        assert reopened.load() == [again]
        assert reopened.find("o1") == again


def test_all_unfinished_orders_are_loaded_and_the_last_finished(journal: SqliteJournal) -> None:
    finished = [closed_as(f"c{number}") for number in range(FINISHED_LOADED + 5)]
    journal.write([JOURNALED, *finished])
    assert journal.load() == [JOURNALED, *finished[5:]]


@pytest.mark.parametrize(
    "broken",
    [
        structs.replace(JOURNALED, id="o2", duration=1 << 64),
        structs.replace(CLOSED, id="o2", reason="\ud800"),
    ],
)
def test_a_write_is_all_or_nothing(journal: SqliteJournal, broken: Order) -> None:
    with pytest.raises(Halted, match="cannot be written"):
        journal.write([JOURNALED, broken])
    assert journal.load() == []
    journal.write([JOURNALED])
    assert journal.load() == [JOURNALED]


def test_it_can_be_handed_over_to_another_thread(journal: SqliteJournal) -> None:
    with ThreadPoolExecutor(1) as other:
        other.submit(journal.write, [JOURNALED]).result(DEADLINE)
        assert other.submit(journal.load).result(DEADLINE) == [JOURNALED]


def test_another_program_can_read_it_while_it_is_in_use(path: Path, journal: SqliteJournal) -> None:
    journal.write([CLOSED])
    with contextlib.closing(sqlite3.connect(path)) as reader:
        row = reader.execute("SELECT id, state, asset, amount, direction, account FROM orders").fetchone()
    assert row == ("o1", "closed", "EURUSD_otc", "1.50", "call", "demo")


def test_a_halt_outlives_the_process_until_it_is_lifted(path: Path, journal: SqliteJournal) -> None:
    assert journal.halted() is None
    journal.halt("too hot")
    journal.halt("much too hot")
    journal.close()
    with contextlib.closing(opened(path)) as reopened:
        assert reopened.halted() == "much too hot"
        assert reopened.resume()
        assert not reopened.resume()
        assert reopened.halted() is None


def test_a_halt_without_a_reason_is_a_halt(journal: SqliteJournal) -> None:
    journal.halt("")
    assert journal.halted() == ""


def test_a_second_holder_is_refused_at_once(path: Path, journal: SqliteJournal) -> None:
    alias = path.parent / "alias.sqlite"
    alias.symlink_to(path)
    for name in (path, alias):
        with pytest.raises(JournalInUse, match=r"orders\.sqlite is in use by another runtime"):
            opened(name)
    journal.close()
    opened(path).close()


def test_a_second_process_is_refused_until_the_first_is_dead(path: Path) -> None:
    with run(WRITER, path) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline()
        try:
            with pytest.raises(JournalInUse, match="in use by another runtime"):
                opened(path)
        finally:
            writer.kill()
    opened(path).close()


@pytest.mark.parametrize("lines", [1, 2, 37, 120, 401])
def test_everything_acknowledged_before_a_kill_is_there(path: Path, lines: int) -> None:
    acknowledged: dict[str, str] = {}
    for _ in range(2):
        with run(WRITER, path) as writer:
            assert writer.stdout is not None
            seen = [writer.stdout.readline() for _ in range(lines)]
            writer.kill()
            seen += writer.stdout.readlines()
        acknowledged |= {f"o{number}": state for number, state in map(str.split, filter(whole, seen))}
        with contextlib.closing(opened(path)) as journal:
            found = {order.id: order.state.value for order in journal.load()}
    for id, state in acknowledged.items():
        assert found[id] in {state, OrderState.CLOSED.value}
    assert len(found) <= len(acknowledged) + 2


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on file sizes")
def test_a_full_disk_halts_and_loses_nothing_that_was_acknowledged(path: Path) -> None:
    with run(FILLER, path) as filler:
        output, _ = filler.communicate(timeout=DEADLINE)
    refusal, written = output.splitlines()
    assert "cannot be written" in refusal
    with contextlib.closing(opened(path)) as journal:
        assert [order.id for order in journal.load()] == [f"o{number}" for number in range(int(written))]


def test_a_journal_of_a_newer_version_is_left_alone(path: Path, journal: SqliteJournal) -> None:
    journal.close()
    with contextlib.closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 5")
    for _ in range(2):
        with pytest.raises(Halted, match="has version 5; this runtime knows those up to 4"):
            opened(path)


def test_a_file_that_is_no_journal_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"precious " * 100)
    with pytest.raises(Halted, match="cannot be opened: file is not a database"):
        opened(path)
    assert path.read_bytes() == b"precious " * 100


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Halted, match="cannot be opened"):
        opened(tmp_path / "file" / "orders.sqlite")


def test_a_row_that_makes_no_sense_is_reported_and_not_guessed(path: Path, journal: SqliteJournal) -> None:
    journal.write([CLOSED])
    with contextlib.closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute("UPDATE orders SET state = 'maybe'")
    with pytest.raises(Halted, match="is damaged: the row of an order is not as it was written"):
        journal.load()


def test_what_is_written_reaches_the_disk_before_it_returns(journal: SqliteJournal) -> None:
    assert tuple(journal._db.execute("PRAGMA synchronous").fetchone()) == (2,)
    assert tuple(journal._db.execute("PRAGMA journal_mode").fetchone()) == ("wal",)


def test_only_a_note_does_not_wait_for_the_disk(journal: SqliteJournal) -> None:
    steps: list[str] = []
    journal._db.set_trace_callback(steps.append)
    journal.note([CLOSED])
    journal.write([closed_as("o2")])
    assert [step for step in steps if not step.lstrip().startswith("INSERT")] == [
        "PRAGMA synchronous = NORMAL",
        "BEGIN ",
        "COMMIT",
        "PRAGMA synchronous = FULL",
        "BEGIN ",
        "COMMIT",
    ]
    assert journal.load() == [CLOSED, closed_as("o2")]


def test_after_a_note_that_failed_every_write_reaches_the_disk_again(journal: SqliteJournal) -> None:
    with pytest.raises(Halted, match="cannot be written"):
        journal.note([structs.replace(CLOSED, reason="\ud800")])
    assert tuple(journal._db.execute("PRAGMA synchronous").fetchone()) == (2,)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_the_file_is_its_owners_alone(path: Path, journal: SqliteJournal) -> None:
    journal.write([CLOSED])
    for file in (path, path.with_name("orders.sqlite-wal")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_after_tidying_the_file_alone_is_complete(path: Path, journal: SqliteJournal, tmp_path: Path) -> None:
    journal.write([JOURNALED, closed_as("o2")])
    journal.tidy()
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    with contextlib.closing(opened(copy)) as copied:
        assert copied.load() == journal.load()


def test_what_cannot_be_tidied_says_so(journal: SqliteJournal) -> None:
    journal.close()
    with pytest.raises(Halted, match="cannot be tidied"):
        journal.tidy()
