"""Which deals count as open and as closed, whatever the venue's lists repeat."""

from msgspec import structs

from actors.orders.deals import ENDED_KEPT, Deals, Ownership
from tests.doubles.trading_samples import BET, NOW, deal_of, ended

DEAL = deal_of(BET)
OVERDUE = 10.0


def test_what_is_closed_stays_closed_though_an_older_list_still_has_it() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    deals.take_closed(ended(DEAL), Ownership.UNCLAIMED, 2)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 3)
    assert (deals.open(), deals.closed()) == ([], [ended(DEAL)])


def test_an_open_deal_is_as_it_was_last_listed() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    rolled_over = structs.replace(DEAL, closes_at=DEAL.closes_at + 60)
    record = deals.take_open(rolled_over, Ownership.UNCLAIMED, 2)
    assert (deals.open(), record.seen) == ([rolled_over], 1)


def test_a_deal_that_ends_unseen_is_not_open_for_ever() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.LISTED, 1)
    deals.drop_missing({DEAL.id}, DEAL.closes_at + OVERDUE + 1)
    deals.drop_missing({}, DEAL.closes_at + OVERDUE)
    assert deals.open() == [DEAL]
    deals.drop_missing({}, DEAL.closes_at + OVERDUE + 1)
    assert (deals.open(), deals.closed()) == ([], [])


def test_it_is_open_again_if_the_venue_lists_it_again_and_closed_if_it_says_so() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.LISTED, 1)
    deals.drop_missing({}, DEAL.closes_at + OVERDUE + 1)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 2)
    assert deals.open() == [DEAL]
    deals.drop_missing({}, DEAL.closes_at + OVERDUE + 1)
    record = deals.take_closed(ended(DEAL), Ownership.UNCLAIMED, 3)
    assert record is not None
    assert (record.ownership, record.seen) == (Ownership.LISTED, 1)
    assert deals.closed() == [ended(DEAL)]


def test_ended_deals_are_forgotten_the_oldest_first() -> None:
    deals = Deals(OVERDUE)
    for number in range(ENDED_KEPT + 1):
        deals.take_closed(ended(deal_of(BET, f"d{number}", NOW)), Ownership.PAST, 1)
    assert deals.get("d0") is None
    assert [deals.closed()[0].id, deals.closed()[-1].id] == ["d1", f"d{ENDED_KEPT}"]


def test_its_repr_counts_the_deals_and_that_of_a_record_names_its_owner() -> None:
    deals = Deals(OVERDUE)
    record = deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    deals.take_closed(ended(deal_of(BET, "d2")), Ownership.PAST, 1)
    assert repr(deals) == "<Deals: 1 open, 1 ended>"
    assert repr(record) == "<DealRecord d1: EURUSD_otc call 1, open, unclaimed>"
