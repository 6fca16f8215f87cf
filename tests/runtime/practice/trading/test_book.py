"""The account's book adds up and writes every entry to the ledger."""

from decimal import Decimal

from actors.values import AccountKind, Deal, Direction, Outcome
from runtime.practice import ExchangeLedger, ExecutedDeal
from runtime.practice.trading.book import Book, Position

NOW = 1_770_000_000.0


def deal(number: int = 1, direction: Direction = Direction.CALL, amount: str = "5") -> Deal:
    return Deal(
        id=f"deal-{number}",
        asset="EURUSD_otc",
        direction=direction,
        amount=Decimal(amount),
        opened_at=NOW,
        closes_at=NOW + 60,
        open_price=1.1,
        payout=92,
        account=AccountKind.DEMO,
    )


def make_book() -> tuple[Book, ExchangeLedger]:
    ledger = ExchangeLedger()
    return Book(10_000_001, Decimal(100), ledger, NOW), ledger


def test_a_stake_leaves_with_the_opening_and_comes_back_with_the_profit() -> None:
    book, ledger = make_book()
    book.open(Position(deal(), None), "r", NOW)
    assert book.balance == 95
    ended = book.close(deal(), 1.2, NOW + 60)
    assert book.balance == Decimal("104.6")
    assert (ended.profit, ended.close_price, ended.outcome) == (Decimal("4.6"), 1.2, Outcome.WIN)
    assert book.opened == {}
    assert ledger.deals() == [ExecutedDeal("r", ended)]
    assert [tuple(change)[:4] for change in ledger.balances()] == [
        (NOW, 100, 100, "deposit"),
        (NOW, -5, 95, "deal-1"),
        (NOW + 60, Decimal("9.6"), Decimal("104.6"), "deal-1"),
    ]


def test_puts_win_when_the_price_falls_and_an_equal_price_is_a_draw() -> None:
    book, _ = make_book()
    results = {}
    for number, (direction, price) in enumerate(
        (direction, price) for direction in Direction for price in (1.0, 1.1, 1.2)
    ):
        traded = deal(number, direction)
        book.open(Position(traded, None), number, NOW)
        results[direction, price] = book.close(traded, price, NOW).outcome
    assert results == {
        (Direction.CALL, 1.0): Outcome.LOSS,
        (Direction.CALL, 1.1): Outcome.DRAW,
        (Direction.CALL, 1.2): Outcome.WIN,
        (Direction.PUT, 1.0): Outcome.WIN,
        (Direction.PUT, 1.1): Outcome.DRAW,
        (Direction.PUT, 1.2): Outcome.LOSS,
    }
    assert book.balance == 100 + 2 * (Decimal("4.6") - 5)


def test_a_thousand_odd_amounts_add_up_exactly() -> None:
    book, ledger = make_book()
    for number in range(1000):
        traded = deal(number, amount=f"1.{number:03}")
        book.open(Position(traded, None), number, NOW)
        book.close(traded, 1.2 if number % 2 else 1.0, NOW)
    profits = [executed.deal.profit or Decimal(0) for executed in ledger.deals()]
    assert book.balance == 100 + sum(profits)
    assert book.balance == sum(change.change for change in ledger.balances())


def test_the_twenty_deals_closed_last_are_listed_the_newest_first() -> None:
    book, _ = make_book()
    for number in range(25):
        book.open(Position(deal(number), None), number, NOW)
        book.close(deal(number), 1.2, NOW)
    assert [closed.id for closed in book.closed] == [f"deal-{number}" for number in range(24, 4, -1)]


def test_a_refill_only_ever_adds() -> None:
    book, ledger = make_book()
    book.refill(Decimal(50), NOW)
    book.refill(Decimal(150), NOW)
    assert book.balance == 150
    assert [tuple(change)[:4] for change in ledger.balances()[1:]] == [(NOW, 50, 150, "refill")]


def test_a_deal_executed_twice_stands_in_the_ledger_twice() -> None:
    book, ledger = make_book()
    book.open(Position(deal(1), None), "same", NOW)
    book.open(Position(deal(2), None), "same", NOW)
    assert [executed.request_id for executed in ledger.deals()] == ["same", "same"]
    first = ledger.deal_for("same")
    assert first is not None
    assert first.id == "deal-1"
