"""When conditions are told: together, again, and when they are over."""

from hypothesis import given, strategies as st

from runtime.alerts.alert_book import LASTS, AlertBook, Notice
from runtime.alerts.conditions import Condition

HALT = Condition("halt", "", "warning", "no order is sent")
OUTAGE = Condition("outage", "", "critical", "nothing is up")
STALE = Condition("stale stream", "EURUSD_otc", "warning", "it does not tick")
NOON = 1_800_000_000.0


class Day:
    """A book with a clock."""

    def __init__(self) -> None:
        self.book = AlertBook(group_for=10.0, repeat_after=3600.0)
        self.now = 0.0

    def at(self, now: float, *found: Condition) -> Notice | None:
        self.now = now
        self.book.look(found, now, NOON + now)
        return self.book.due(now)


def texts(notice: Notice | None) -> tuple[list[str], list[str]]:
    assert notice is not None
    return [each.condition.kind for each in notice.firing], [each.condition.kind for each in notice.resolved]


def test_what_begins_within_a_group_is_one_notice() -> None:
    day = Day()
    assert day.at(0, HALT) is None
    assert day.at(5, HALT, OUTAGE) is None
    notice = day.at(10, HALT, OUTAGE)
    assert texts(notice) == (["halt", "outage"], [])
    assert notice is not None
    assert [each.since for each in notice.firing] == [NOON, NOON + 5]
    assert notice.title == "tellwire: halt, outage"
    assert notice.text == "WARNING: no order is sent\nCRITICAL: nothing is up"
    assert day.at(20, HALT, OUTAGE) is None


def test_what_lasts_is_told_again_after_the_pause_and_when_it_is_over() -> None:
    day = Day()
    day.at(0, OUTAGE)
    assert day.at(10, OUTAGE) is not None
    assert day.at(3609, OUTAGE) is None
    again = day.at(3610, OUTAGE)
    assert again is not None
    assert (again.again, again.title) == (True, "tellwire: outage (still)")
    assert day.at(3700) is None
    over = day.at(3710)
    assert texts(over) == ([], ["outage"])
    assert over is not None
    assert over.text == "resolved: nothing is up"
    assert day.at(9000) is None


def test_what_ends_before_it_is_told_is_told_by_nobody() -> None:
    day = Day()
    assert day.at(0, OUTAGE) is None
    assert day.at(5) is None
    assert day.at(60) is None


def test_what_goes_and_comes_back_within_a_group_is_not_news() -> None:
    day = Day()
    day.at(0, HALT)
    assert day.at(10, HALT) is not None
    assert day.at(100) is None
    assert day.at(105, HALT) is None
    assert day.at(130, HALT) is None
    assert day.at(200) is None
    assert texts(day.at(210)) == ([], ["halt"])


def test_a_stream_that_the_runtime_cures_itself_wakes_nobody() -> None:
    day = Day()
    lasts = LASTS[STALE.kind]
    assert day.at(0, STALE) is None
    assert day.at(lasts - 1, STALE) is None
    assert day.at(lasts, STALE) is None
    notice = day.at(lasts + 10, STALE)
    assert notice is not None
    assert notice.firing[0].since == NOON


@given(
    steps=st.lists(
        st.tuples(st.floats(0.1, 120.0), st.sets(st.sampled_from([HALT, OUTAGE, STALE]), max_size=3)),
        max_size=60,
    )
)
def test_whoever_was_told_of_something_is_told_of_its_end_and_nothing_ends_that_was_not_told(
    steps: list[tuple[float, set[Condition]]],
) -> None:
    day, told = Day(), set[str]()
    now = 0.0
    for pause, found in [*steps, (120.0, set[Condition]()), (120.0, set[Condition]())]:
        now += pause
        if (notice := day.at(now, *found)) is None:
            continue
        firing, resolved = (
            {each.condition.kind for each in part} for part in (notice.firing, notice.resolved)
        )
        assert firing or resolved
        assert firing <= {each.kind for each in found}
        assert resolved <= told
        told = (told - resolved) | firing
    assert told == set()
