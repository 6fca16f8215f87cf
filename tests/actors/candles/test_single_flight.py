"""Which loads share a flight, and which page it asks for next."""

import math
from typing import Any

from actors.candles.single_flight import Flight, PageSizes, SingleFlights
from actors.messages.candles import HistoryRequest
from actors.messages.commands import LoadCandles
from actors.messages.traffic import ReplyTo, Request
from actors.values import Candle

SIZES = PageSizes(candles=150, ticks_span=60.0)
NOW = 100_030.0
"""UTC, half a minute into a bar."""


class Nobody:
    """A receiver that is not to be told anything."""

    def tell(self, message: Any) -> None:
        raise AssertionError(message)


NOBODY = Nobody()


def load(id: int, expires_at: float = 30.0, count: int = 100, **fields: Any) -> HistoryRequest:
    return HistoryRequest(id, LoadCandles("A", 60, count, **fields), expires_at, NOBODY)


def bars(last: int, count: int) -> list[Candle]:
    """``count`` bars of a minute; the last opens at ``last``."""
    return [Candle(last - 60 * back, 1.0, 1.0, 1.0, 1.0) for back in range(count)][::-1]


def started(flights: SingleFlights, load: HistoryRequest, utc: float = NOW) -> Request:
    page = flights.join(load, utc)
    assert page is not None
    return page


def finished(flights: SingleFlights, page: Request) -> Flight:
    flight = flights.finish_page(page.id)
    assert flight is not None
    return flight


def test_pages_are_numbered_from_one_and_answered_to_the_history_loader() -> None:
    flights = SingleFlights(SIZES)
    first = started(flights, load(1))
    assert (first.reply_to, first.id) == (ReplyTo.CANDLES, 1)
    assert started(flights, load(2, count=50)).id == 2


def test_equal_loads_share_a_flight_whatever_their_deadlines() -> None:
    flights = SingleFlights(SIZES)
    first, second = load(1, deadline=5.0), load(2, deadline=9.0)
    page = started(flights, first)
    assert flights.join(second, NOW) is None
    assert len(flights) == 1
    assert flights.end(finished(flights, page)) == [first, second]


def test_loads_that_differ_in_anything_share_nothing() -> None:
    flights = SingleFlights(SIZES)
    commands = [
        LoadCandles("A", 60, 100),
        LoadCandles("B", 60, 100),
        LoadCandles("A", 5, 100),
        LoadCandles("A", 60, 101),
        LoadCandles("A", 60, 100, 9000.0),
    ]
    for number, command in enumerate(commands):
        started(flights, HistoryRequest(number, command, 30.0, NOBODY))
    assert len(flights) == len(commands)


def test_a_flight_that_has_ended_is_not_joined() -> None:
    flights = SingleFlights(SIZES)
    flights.end(finished(flights, started(flights, load(1))))
    assert started(flights, load(2)).id == 2


def test_a_page_expires_with_the_last_deadline_of_its_loads() -> None:
    flights = SingleFlights(SIZES)
    page = started(flights, load(1, expires_at=30.0, count=200))
    assert page.expires_at == 30.0
    flights.join(load(2, expires_at=90.0, count=200), NOW)
    flight = finished(flights, page)
    flight.paging.add(bars(99_960, 150))  # type: ignore[arg-type]
    assert flights.next_page(flight).expires_at == 90.0


def test_the_next_page_follows_the_last() -> None:
    flights = SingleFlights(SIZES)
    flight = finished(flights, started(flights, load(1, count=200)))
    assert flight.paging.add(bars(99_960, 150))  # type: ignore[arg-type]
    page = flights.next_page(flight)
    assert page.command == LoadCandles("A", 60, 50, 99_960 - 149 * 60)
    assert flights.finish_page(page.id) is flight


def test_a_load_that_leaves_does_not_end_the_flight_of_the_others() -> None:
    flights = SingleFlights(SIZES)
    early, late = load(1), load(2)
    page = started(flights, early)
    flights.join(late, NOW)
    flight = flights.leave(early)
    assert flight is not None
    assert flight.requests == [late]
    assert flights.leave(early) is None
    assert flights.end(finished(flights, page)) == [late]


def test_a_page_that_was_given_up_belongs_to_no_flight() -> None:
    flights = SingleFlights(SIZES)
    only = load(1)
    page = started(flights, only)
    flight = flights.leave(only)
    assert flight is not None
    flights.end(flight)
    assert flights.finish_page(page.id) is None
    assert len(flights) == 0


def test_a_load_that_was_answered_has_no_flight_to_leave() -> None:
    flights = SingleFlights(SIZES)
    only = load(1)
    flights.end(finished(flights, started(flights, only)))
    assert flights.leave(only) is None


def test_a_flight_up_to_now_is_shared_until_a_newer_bar_has_ended() -> None:
    flights = SingleFlights(SIZES)
    flight = finished(flights, started(flights, load(1, count=300)))
    flight.paging.add(bars(99_900, 150))  # type: ignore[arg-type]  # ended at 99,960; the next one does at 100,020
    flights.next_page(flight)
    assert flights.join(load(2, count=300), 100_019.9) is None
    fresh = started(flights, load(3, count=300), 100_020.0)
    assert flights.finish_page(fresh.id) is not flight
    assert [each.id for each in flights.end(flight)] == [1, 2]


def test_an_old_flight_that_ends_leaves_its_successor_to_be_joined() -> None:
    flights = SingleFlights(SIZES)
    flight = finished(flights, started(flights, load(1, count=300)))
    flight.paging.add(bars(99_900, 150))  # type: ignore[arg-type]
    flights.next_page(flight)
    started(flights, load(2, count=300))
    flights.end(flight)
    assert flights.join(load(3, count=300), NOW) is None


def test_with_an_end_that_was_past_an_answer_is_never_outdated() -> None:
    for end, outdated_at in ((NOW, math.inf), (NOW + 1, 100_020.0), (None, 100_020.0)):
        flights = SingleFlights(SIZES)
        flight = finished(flights, started(flights, load(1, end=end)))
        flight.paging.add(bars(99_900, 100))  # type: ignore[arg-type]
        assert flight.outdated_at == outdated_at


def test_its_repr_counts_flights_and_the_loads_that_wait() -> None:
    flights = SingleFlights(SIZES)
    for number in (1, 2):
        flights.join(load(number), NOW)
    started(flights, load(3, count=50))
    assert repr(flights) == "<SingleFlights: 2 under way for 3 loads>"
