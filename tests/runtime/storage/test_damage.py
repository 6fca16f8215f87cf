"""A journal that is damaged, emptied, gone, or of another account: refused, and never half believed."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from msgspec import structs

from actors.errors import Halted
from actors.orders.order import Order, OrderState
from runtime.storage.account import JournalAccount
from runtime.storage.journal import NoJournal, SqliteJournal, open_journal
from tests.runtime.storage.test_journal import ACCOUNT, CLOSED, JOURNALED, PENDING, opened

PAGE: Final = 4096
YEAR: Final = 365 * 86_400.0
RETIRED: Final = [structs.replace(CLOSED, id=f"r{number}", created_at=1.0) for number in range(20)]
KEPT_PENDING: Final = [structs.replace(PENDING, id=f"p{number}") for number in range(10)]
KEPT: Final = [JOURNALED, *(structs.replace(CLOSED, id=f"o{number}") for number in range(2, 20))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    """A journal with a row in each of its tables, in use by nobody."""
    with contextlib.closing(opened(path)) as journal:
        journal.write(RETIRED)
        journal.halt("lunch")
    with contextlib.closing(SqliteJournal(path, ACCOUNT, retention=20 * YEAR)) as journal:
        journal.write([*KEPT, *KEPT_PENDING])
    return path


def content(path: Path) -> Any:
    with contextlib.closing(opened(path)) as journal:
        retired = [journal.retired(order.id) for order in RETIRED]
        return journal.load(), journal.load_pending(), journal.halted(), retired


CONTENT: Final = (KEPT, KEPT_PENDING, "lunch", [OrderState.CLOSED] * len(RETIRED))


def tries(path: Path, spoiled: Iterator[bytes]) -> tuple[int, int]:
    """How many of the files were refused, and how many tell the same as the good one; no other is allowed."""
    refused = same = 0
    for data in spoiled:
        path.write_bytes(data)
        for beside in ("-wal", "-shm"):
            Path(f"{path}{beside}").unlink(missing_ok=True)
        try:
            assert content(path) == CONTENT
            same += 1
        except Halted:
            refused += 1
    return refused, same


def test_the_journal_that_the_others_are_compared_with_is_told_as_it_is(filled: Path) -> None:
    assert content(filled) == CONTENT


def test_every_page_that_is_lost_or_garbled_or_in_the_place_of_another_is_noticed(filled: Path) -> None:
    good, random = filled.read_bytes(), Random(1)
    pages = [good[start : start + PAGE] for start in range(0, len(good), PAGE)]
    assert len(pages) >= 8  # those of the tables, of their indices, and of the schema

    def spoiled() -> Iterator[bytes]:
        for number, page in enumerate(pages):
            for other in (bytes(PAGE), b"\xff" * PAGE, random.randbytes(PAGE), *pages):
                if other != page:
                    yield b"".join([*pages[:number], other, *pages[number + 1 :]])
            yield b"".join(pages[:number])  # the file ends there

    refused, same = tries(filled, spoiled())
    assert same == 0
    assert refused >= len(pages) * (len(pages) + 2)


@pytest.mark.timeout(300)  # its thousands of tries take 3 s where nothing else runs
def test_a_byte_that_has_changed_is_noticed_or_means_nothing(filled: Path) -> None:
    good, random = filled.read_bytes(), Random(2)

    def spoiled() -> Iterator[bytes]:
        for place in range(random.randrange(61), len(good), 61):
            for other in (good[place] ^ 1 << random.randrange(8), random.randrange(256)):
                yield good[:place] + bytes([other]) + good[place + 1 :]

    refused, same = tries(filled, spoiled())
    assert refused > 100
    assert same > 100


def test_a_copy_of_the_file_alone_has_what_was_told(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "orders.sqlite"
    copy.parent.mkdir()

    def copied() -> tuple[list[Order], str | None]:
        shutil.copyfile(path, copy)
        with contextlib.closing(opened(copy)) as journal:
            return journal.load(), journal.halted()

    with contextlib.closing(opened(path)) as journal:
        assert copied() == ([], None)
        for number in range(3):
            order = structs.replace(JOURNALED, id=f"o{number}")
            journal.write([order])
            journal.settle()
            assert copied()[0][number:] == [order]
            journal.note([structs.replace(CLOSED, id=order.id)])
            assert [found.id for found in copied()[0]] == [f"o{found}" for found in range(number + 1)]
        journal.halt("lunch")
        assert copied()[1] == "lunch"
        journal.resume()
        assert copied()[1] is None


def test_a_log_that_is_cut_or_garbled_or_lost_forgets_no_order_and_no_halt(path: Path) -> None:
    orders = [structs.replace(JOURNALED, id=f"o{number}") for number in range(5)]
    with contextlib.closing(opened(path)) as journal:
        journal.write(orders)
        journal.settle()
        journal.halt("lunch")
        for order in orders:
            journal.note([structs.replace(CLOSED, id=order.id)])
        log = Path(f"{path}-wal")
        file, good, random = path.read_bytes(), log.read_bytes(), Random(3)
    garbled = [
        good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :] for place in range(0, len(good), 997)
    ]
    cut = [good[:length] for length in range(0, len(good), 1013)]
    fewer = set()
    for number, data in enumerate([good, *garbled, *cut, random.randbytes(len(good))]):
        place = path.with_name(f"{number}.sqlite")
        place.write_bytes(file)
        Path(f"{place}-wal").write_bytes(data)
        with contextlib.closing(opened(place)) as journal:
            found = journal.load()
            assert [order.id for order in found] == [order.id for order in orders]
            assert journal.halted() == "lunch"
        fewer.add(sum(order.state is OrderState.CLOSED for order in found))
    assert fewer == {0, 1, 2, 3, 4, 5}


def test_a_log_that_has_been_moved_and_is_cut_then_hides_nothing_of_the_main_file(path: Path) -> None:
    with contextlib.closing(opened(path)) as journal:
        for order in (JOURNALED, CLOSED):
            journal.write([structs.replace(order, id="o1")])
        journal.settle()
        assert not journal.unsettled
        file, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    for length in range(0, len(log) + 1, 1013):
        copy = path.with_name(f"{length}.sqlite")
        copy.write_bytes(file)
        Path(f"{copy}-wal").write_bytes(log[:length])
        with contextlib.closing(opened(copy)) as journal:
            assert [order.state for order in journal.load()] == [OrderState.CLOSED]


def test_an_order_is_settled_also_where_a_reader_had_the_file_open(path: Path) -> None:
    with contextlib.closing(opened(path)) as journal:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM orders").fetchall()
            journal.write([JOURNALED])
            journal.settle()
            assert journal.unsettled
        journal.settle()
        assert not journal.unsettled


@pytest.mark.parametrize("empty", [True, False])
def test_a_journal_that_is_empty_or_gone_is_refused_until_somebody_says_that_it_may_be(
    filled: Path, empty: bool
) -> None:
    good = filled.read_bytes()
    filled.unlink()
    if empty:
        filled.touch()
    for _ in range(2):
        with pytest.raises(Halted, match=f"is {'empty' if empty else 'gone'}, but was there before: put a"):
            opened(filled)
    filled.write_bytes(good)
    assert content(filled) == CONTENT
    filled.unlink()
    filled.with_name("orders.sqlite.mark").unlink()
    with contextlib.closing(opened(filled)) as journal:
        assert (journal.load(), journal.halted()) == ([], None)


def test_a_file_without_tables_is_refused_where_a_journal_was(filled: Path) -> None:
    filled.unlink()
    with contextlib.closing(sqlite3.connect(filled)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(Halted, match="its tables are lost"):
        opened(filled)


def test_a_database_of_another_program_is_refused_and_not_touched(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE orders (number INTEGER)")
    before = path.read_bytes()
    with pytest.raises(Halted, match="its tables are not those of a journal of orders"):
        opened(path)
    assert path.read_bytes() == before


def _remove(path: Path) -> None:
    path.unlink()


def _remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def _replace(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    copy.replace(path)


def _remove_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def _remove_index_of_log(path: Path) -> None:
    path.with_name(f"{path.name}-shm").unlink()


def _replace_log(path: Path) -> None:
    _replace(path.with_name(f"{path.name}-wal"))


def _cut(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (_remove, "has gone while it is in use"),
        (_remove_folder, "has gone while it is in use"),
        (_replace, "was replaced while it is in use"),
        (_cut, "was cut while it is in use"),
        (_remove_log, r"-wal, which the journal needs, has gone while it is in use"),
        (_remove_index_of_log, r"-shm, which the journal needs, has gone while it is in use"),
        (_replace_log, "was replaced while it is in use"),
    ],
)
def test_a_journal_that_is_taken_away_while_it_is_in_use_takes_no_order_and_no_halt(
    tmp_path: Path, meddle: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "state" / "orders.sqlite"
    with contextlib.closing(opened(path)) as journal:
        journal.write([JOURNALED])
        assert journal.refusal() is None
        meddle(path)
        assert reason in str(journal.refusal())
        order = structs.replace(JOURNALED, id="o2")
        for attempt in (lambda: journal.write([order]), lambda: journal.halt("lunch"), journal.resume):
            with pytest.raises(Halted, match=reason):
                attempt()


def test_a_journal_that_comes_back_takes_orders_again(path: Path) -> None:
    aside = path.with_name("aside")
    with contextlib.closing(opened(path)) as journal:
        path.rename(aside)
        assert journal.refusal() is not None
        aside.rename(path)
        journal.write([JOURNALED])
        assert journal.load() == [JOURNALED]


@pytest.mark.parametrize(
    "other",
    [
        JournalAccount("pocketoption", "demo", "124"),
        JournalAccount("pocketoption", "live", "123"),
        JournalAccount("elsewhere", "demo", "123"),
        JournalAccount.practice("pocketoption"),
    ],
)
def test_the_journal_of_another_account_is_refused_and_both_are_named(
    filled: Path, other: JournalAccount
) -> None:
    before = filled.read_bytes()
    with pytest.raises(Halted) as refused:
        SqliteJournal(filled, other)
    for named in (filled, ACCOUNT, other):
        assert str(named) in str(refused.value)
    assert filled.read_bytes() == before
    assert content(filled) == CONTENT


def test_what_cannot_be_used_becomes_no_journal(
    path: Path,
) -> None:
    path.write_bytes(b"precious " * 1000)
    journal = open_journal(path, ACCOUNT)
    assert isinstance(journal, NoJournal)
    assert str(path) in str(journal.halted())
    assert journal.refusal() == journal.halted()


def test_a_link_to_nowhere_is_no_new_journal(tmp_path: Path) -> None:
    """A disk that is not mounted today has the journal again tomorrow."""
    path, disk = tmp_path / "orders.sqlite", tmp_path / "disk"
    path.symlink_to(disk / "orders.sqlite")
    with pytest.raises(Halted, match=r"orders.sqlite is a link to .*disk/orders.sqlite, which is not there"):
        opened(path)
    assert not disk.exists()
    disk.mkdir()
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(Halted, match=r"cannot be opened: .* is a link to"):
        opened(path)


def test_a_folder_that_is_a_link_to_nowhere_is_none_for_a_new_journal(tmp_path: Path) -> None:
    (tmp_path / "state").symlink_to(tmp_path / "disk")
    with pytest.raises(Halted, match=r"state is a link to .*disk, which is not there"):
        opened(tmp_path / "state" / "orders.sqlite")
    assert not (tmp_path / "disk").exists()
    (tmp_path / "disk").mkdir()
    with contextlib.closing(opened(tmp_path / "state" / "orders.sqlite")) as journal:
        journal.write([JOURNALED])
    with contextlib.closing(opened(tmp_path / "disk" / "orders.sqlite")) as journal:
        assert journal.load() == [JOURNALED]
