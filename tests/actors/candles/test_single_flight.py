import math
from typing import Any

from actors.candles.single_flight import Flight, SingleFlights
from actors.messages.commands import LoadCandles
from actors.messages.traffic import CandleRequest, ReplyTo, Request
from actors.values import Candle

NOW = 100_030.0
"""UTC, half a minute into a bar."""


class Nobody:
    """Whom no test here tells anything."""

    def tell(self, message: Any) -> None:
        raise AssertionError(message)


NOBODY = Nobody()


def load(id: int, expires_at: float = 30.0, count: int = 100, **fields: Any) -> CandleRequest:
    return CandleRequest(id, LoadCandles("A", 60, count, **fields), expires_at, NOBODY)


def bars(last: int, count: int) -> list[Candle]:
    """``count`` bars of a minute; the last opens at ``last``."""
    return [Candle(last - 60 * back, 1.0, 1.0, 1.0, 1.0) for back in range(count)][::-1]


def started(flights: SingleFlights, load: CandleRequest, utc: float = NOW) -> Request:
    page = flights.join(load, utc)
    assert page is not None
    return page


def landed(flights: SingleFlights, page: Request) -> Flight:
    flight = flights.landed(page.id)
    assert flight is not None
    return flight


def test_pages_are_numbered_from_one_and_answered_to_the_candle_loader() -> None:
    flights = SingleFlights(150)
    first = started(flights, load(1))
    assert (first.reply_to, first.id) == (ReplyTo.CANDLES, 1)
    assert started(flights, load(2, count=50)).id == 2


def test_equal_loads_share_a_flight_however_long_each_would_wait() -> None:
    flights = SingleFlights(150)
    first, second = load(1, deadline=5.0), load(2, deadline=9.0)
    page = started(flights, first)
    assert flights.join(second, NOW) is None
    assert len(flights) == 1
    assert flights.end(landed(flights, page)) == [first, second]


def test_loads_that_differ_in_anything_share_nothing() -> None:
    flights = SingleFlights(150)
    wishes = [
        LoadCandles("A", 60, 100),
        LoadCandles("B", 60, 100),
        LoadCandles("A", 5, 100),
        LoadCandles("A", 60, 101),
        LoadCandles("A", 60, 100, 9000.0),
    ]
    for number, wish in enumerate(wishes):
        started(flights, CandleRequest(number, wish, 30.0, NOBODY))
    assert len(flights) == len(wishes)


def test_a_flight_that_has_ended_is_not_joined() -> None:
    flights = SingleFlights(150)
    flights.end(landed(flights, started(flights, load(1))))
    assert started(flights, load(2)).id == 2


def test_a_page_is_valid_for_as_long_as_anybody_waits_for_it() -> None:
    flights = SingleFlights(150)
    page = started(flights, load(1, expires_at=30.0, count=200))
    assert page.expires_at == 30.0
    flights.join(load(2, expires_at=90.0, count=200), NOW)
    flight = landed(flights, page)
    flight.paging.take(bars(99_960, 150))
    assert flights.turn(flight).expires_at == 90.0


def test_the_next_page_follows_the_last() -> None:
    flights = SingleFlights(150)
    flight = landed(flights, started(flights, load(1, count=200)))
    assert flight.paging.take(bars(99_960, 150))
    page = flights.turn(flight)
    assert page.command == LoadCandles("A", 60, 50, 99_960 - 149 * 60)
    assert flights.landed(page.id) is flight


def test_one_that_leaves_does_not_end_the_flight_of_the_others() -> None:
    flights = SingleFlights(150)
    hasty, patient = load(1), load(2)
    page = started(flights, hasty)
    flights.join(patient, NOW)
    flight = flights.leave(hasty)
    assert flight is not None
    assert flight.loads == [patient]
    assert flights.leave(hasty) is None
    assert flights.end(landed(flights, page)) == [patient]


def test_a_page_that_was_given_up_belongs_to_no_flight() -> None:
    flights = SingleFlights(150)
    only = load(1)
    page = started(flights, only)
    flight = flights.leave(only)
    assert flight is not None
    flights.end(flight)
    assert flights.landed(page.id) is None
    assert len(flights) == 0


def test_one_that_was_answered_has_nothing_to_leave() -> None:
    flights = SingleFlights(150)
    only = load(1)
    flights.end(landed(flights, started(flights, only)))
    assert flights.leave(only) is None


def test_a_flight_up_to_now_is_shared_until_a_newer_bar_has_ended() -> None:
    flights = SingleFlights(150)
    flight = landed(flights, started(flights, load(1, count=300)))
    flight.paging.take(bars(99_900, 150))  # ended at 99,960; the next one does at 100,020
    flights.turn(flight)
    assert flights.join(load(2, count=300), 100_019.9) is None
    fresh = started(flights, load(3, count=300), 100_020.0)
    assert flights.landed(fresh.id) is not flight
    assert [each.id for each in flights.end(flight)] == [1, 2]


def test_an_old_flight_that_ends_leaves_its_successor_to_be_joined() -> None:
    flights = SingleFlights(150)
    flight = landed(flights, started(flights, load(1, count=300)))
    flight.paging.take(bars(99_900, 150))
    flights.turn(flight)
    started(flights, load(2, count=300))
    flights.end(flight)
    assert flights.join(load(3, count=300), NOW) is None


def test_with_an_end_that_was_past_an_answer_is_never_outdated() -> None:
    for end, outdated_at in ((NOW, math.inf), (NOW + 1, 100_020.0), (None, 100_020.0)):
        flights = SingleFlights(150)
        flight = landed(flights, started(flights, load(1, end=end)))
        flight.paging.take(bars(99_900, 100))
        assert flight.outdated_at == outdated_at
