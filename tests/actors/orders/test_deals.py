"""Which deals count as open and as closed, whatever the venue's lists repeat."""

from collections.abc import Collection

import pytest
from msgspec import structs

from actors.orders.deals import ENDED_KEPT, STRAGGLING, Deals, Ownership
from tests.doubles.trading_samples import BET, NOW, deal_of, ended

DEAL = deal_of(BET)
OVERDUE = 10.0


def test_what_is_closed_stays_closed_though_an_older_list_still_has_it() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    deals.take_closed(ended(DEAL), Ownership.UNCLAIMED, 2)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 3)
    assert (deals.open_deals(), deals.closed_deals()) == ([], [ended(DEAL)])


def test_an_open_deal_is_as_it_was_last_listed() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    rolled_over = structs.replace(DEAL, closes_at=DEAL.closes_at + 60)
    record = deals.take_open(rolled_over, Ownership.UNCLAIMED, 2)
    assert (deals.open_deals(), record.seen) == ([rolled_over], 1)


@pytest.mark.parametrize("notes", [False, True])
def test_rows_that_contradict_a_deal_are_noted_only_for_an_owner_that_asks(notes: bool) -> None:
    deals = Deals(OVERDUE, notes_contradictions=notes)
    deals.take_open(DEAL, Ownership.OURS, 1)
    deals.take_open(structs.replace(DEAL, asset="GBPUSD_otc"), Ownership.UNCLAIMED, 2)
    assert deals.open_deals() == [DEAL]
    assert bool(deals.take_contradicted()) is notes


def drop_missing(deals: Deals, venue_now: float, listed: Collection[str] = ()) -> None:
    deals.drop_missing(listed, "c1", NOW, venue_now)


@pytest.mark.parametrize(
    ("ownership", "by", "later", "is_open"),
    [
        (Ownership.FOREIGN, "c1", 0.1, False),
        (Ownership.ORPHAN, "c1", 0.1, False),
        (Ownership.FOREIGN, "c2", 0.1, True),
        (Ownership.FOREIGN, "c2", STRAGGLING + 0.1, False),
        (Ownership.OURS, "c1", STRAGGLING + 0.1, True),
    ],
)
def test_what_a_complete_later_list_lacks_is_gone_unless_it_is_ours_or_may_only_be_late(
    ownership: Ownership, by: str, later: float, is_open: bool
) -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, ownership, 1, NOW, "c1")
    deals.drop_missing({"other"}, by, NOW + later, NOW + later)
    assert bool(deals.open_deals()) is is_open


def test_a_deal_that_ends_unseen_is_not_open_for_ever() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.OURS, 1, NOW)
    drop_missing(deals, DEAL.closes_at + OVERDUE + 1, {DEAL.id})
    drop_missing(deals, DEAL.closes_at + OVERDUE)
    assert deals.open_deals() == [DEAL]
    drop_missing(deals, DEAL.closes_at + OVERDUE + 1)
    assert (deals.open_deals(), deals.closed_deals()) == ([], [])


@pytest.mark.parametrize(("later", "is_open"), [(OVERDUE, True), (OVERDUE + 1, False)])
def test_a_deal_that_lasts_no_longer_has_ended_whatever_the_clocks_say(later: float, is_open: bool) -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.OURS, 1, NOW, "c1")
    deals.drop_missing((), "c1", NOW + BET.duration + later, NOW - 86_400)
    assert bool(deals.open_deals()) is is_open


def test_it_is_open_again_if_the_venue_lists_it_again_and_closed_if_it_says_so() -> None:
    deals = Deals(OVERDUE)
    deals.take_open(DEAL, Ownership.OURS, 1)
    drop_missing(deals, DEAL.closes_at + OVERDUE + 1)
    deals.take_open(DEAL, Ownership.UNCLAIMED, 2)
    assert deals.open_deals() == [DEAL]
    drop_missing(deals, DEAL.closes_at + OVERDUE + 1)
    record = deals.take_closed(ended(DEAL), Ownership.UNCLAIMED, 3)
    assert record is not None
    assert (record.ownership, record.seen) == (Ownership.OURS, 1)
    assert deals.closed_deals() == [ended(DEAL)]


def test_ended_deals_are_forgotten_the_oldest_first() -> None:
    deals = Deals(OVERDUE)
    for number in range(ENDED_KEPT + 1):
        deals.take_closed(ended(deal_of(BET, f"d{number}", NOW)), Ownership.PAST, 1)
    assert deals.get("d0") is None
    assert [deals.closed_deals()[0].id, deals.closed_deals()[-1].id] == ["d1", f"d{ENDED_KEPT}"]


def test_its_repr_counts_the_deals_and_that_of_a_record_names_its_owner() -> None:
    deals = Deals(OVERDUE)
    record = deals.take_open(DEAL, Ownership.UNCLAIMED, 1)
    deals.take_closed(ended(deal_of(BET, "d2")), Ownership.PAST, 1)
    assert repr(deals) == "<Deals: 1 open, 1 ended>"
    assert repr(record) == "<DealRecord d1: EURUSD_otc call 1, open, unclaimed>"
