import json

import pytest

from actors.errors import RequestRefused, RequestTimeout
from actors.messages import (
    CandlesLoaded,
    LoadCandles,
    LoadTicks,
    SendRaw,
    StreamReleased,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.commands import VenueCommand
from actors.messages.traffic import Failure, ReplyTo, Request, Response, TicksLoaded
from actors.values import Candle, Life
from actors.venues.pocketoption.outstanding import MAX_UNANSWERED
from actors.venues.pocketoption.protocol import Message
from tests.doubles.venue_dialogue import (
    CANDLES,
    CONFIRMED,
    HISTORY,
    NOW,
    event,
    ready,
    receive,
    request,
    texts,
)

LIFE = Life("c1", 3)


def test_one_history_confirms_every_request_for_it() -> None:
    session = ready()
    subscribe = SubscribeTicks(asset="EURUSD_otc", period=60)
    session.send([request(1, subscribe), request(0, subscribe), request(2, subscribe)], NOW)
    assert receive(session, event("updateHistoryNew", HISTORY)) == [
        CANDLES,
        CONFIRMED,
        Response(1, CONFIRMED),
        Response(2, CONFIRMED),
    ]
    assert receive(session, event("updateHistoryNew", HISTORY)) == [CANDLES]


def test_the_history_of_another_period_confirms_nothing() -> None:
    session = ready()
    session.send([request(1, SubscribeTicks(asset="EURUSD_otc", period=300))], NOW)
    assert receive(session, event("updateHistoryNew", HISTORY)) == [CANDLES]


def test_a_stream_is_confirmed_for_nobody_in_particular_too() -> None:
    session = ready("EURUSD_otc")
    assert receive(session, event("updateHistoryNew", HISTORY)) == [CANDLES, CONFIRMED]


def test_a_second_subscription_opens_a_new_account() -> None:
    session = ready("A")
    receive(session, event("updateStream", b'[["A",1770856131,1]]'))
    session.send([request(0, SubscribeTicks(asset="A", period=300))], NOW)
    receive(session, event("updateStream", b'[["A",1770856135,2]]'))
    report = session.stream_reports()["A"]
    assert (report.ticks, report.first_time) == (1, 1770848935)


def test_unsubscribing_is_answered_at_once_and_ends_the_wait_for_the_stream() -> None:
    session = ready()
    session.send([request(1, SubscribeTicks(asset="A"))], NOW)
    session.texts_to_send()
    assert session.send([request(2, UnsubscribeTicks(asset="A"))], NOW) == [
        Failure.of(1, RequestRefused("unsubscribed before it was confirmed")),
        StreamReleased("A", "c1"),
        Response(2),
    ]
    assert texts(session) == ['42["unsubfor","A"]', '42["unSubscribeSymbol","A"]']


def test_letting_a_stream_go_that_moves_elsewhere_fails_nobody_who_waits_for_it() -> None:
    session = ready()
    session.send([request(1, SubscribeTicks(asset="A"))], NOW)
    moved = Request(0, UnsubscribeTicks("A"), 0.0, connection="c1", reply_to=ReplyTo.NONE)
    assert session.send([moved], NOW) == [StreamReleased("A", "c1")]


def bars(*times: int, period: int = 60, index: int | str = 5) -> list[Message]:
    """An answer with bars that open at these times, UTC."""
    rows = ",".join(f'{{"time":{time + 7200},"open":1,"close":1,"high":1,"low":1}}' for time in times)
    return event(
        "loadHistoryPeriod", f'{{"asset":"A","index":{index},"period":{period},"data":[{rows}]}}'.encode()
    )


def loaded(*times: int, period: int = 60) -> CandlesLoaded:
    return CandlesLoaded("A", period, [Candle(time, 1, 1, 1, 1) for time in times])


def test_loaded_bars_are_the_last_ones_that_ended_in_time() -> None:
    session = ready()
    assert session.send([request(5, LoadCandles(asset="A", period=60, count=2, end=660.0))], NOW) == []
    assert texts(session) == [
        '42["loadHistoryPeriod",{"asset":"A","index":5,"time":7860,"offset":120,"period":60}]'
    ]
    expected = loaded(540, 600)
    assert receive(session, bars(420, 480, 540, 600, 660)) == [expected, Response(5, expected)]
    assert receive(session, bars(600)) == [loaded(600)]


def test_the_answer_to_a_page_of_the_history_loader_says_that_it_is_for_the_loader() -> None:
    session = ready()
    command = LoadCandles(asset="A", period=60, count=1, end=660.0)
    session.send([Request(5, command, 0.0, reply_to=ReplyTo.CANDLES)], NOW)
    assert json.loads(texts(session)[0][2:])[1]["index"] == 5
    assert receive(session, bars(600)) == [loaded(600), Response(5, loaded(600), ReplyTo.CANDLES)]


def test_bars_without_a_named_end_end_now() -> None:
    session = ready()
    session.send([request(5, LoadCandles(asset="A", period=60, count=3))], 1000.5)
    (text,) = texts(session)
    assert json.loads(text[2:])[1]["time"] == 960 + 7200
    expected = loaded(780, 840, 900)
    assert receive(session, bars(720, 780, 840, 900, 960)) == [expected, Response(5, expected)]


def test_an_empty_history_is_an_answer() -> None:
    session = ready()
    session.send([request(5, LoadCandles(asset="A", period=60))], NOW)
    assert receive(session, bars()) == [loaded(), Response(5, loaded())]


def test_a_period_of_one_second_is_answered_with_ticks() -> None:
    session = ready()
    session.send([request(5, LoadCandles(asset="A", period=1, count=1, end=11.0))], NOW)
    payload = (
        b'{"asset":"A","index":5,"period":0,"data":'
        b'[{"asset":"A","time":7209.5,"price":3},{"time":7210.5,"price":1},{"time":7210.9,"price":2}]}'
    )
    expected = CandlesLoaded("A", 1, [Candle(10, 1, 2, 1, 2)])
    assert receive(session, event("loadHistoryPeriod", payload)) == [expected, Response(5, expected)]


def test_ticks_are_asked_for_in_whole_seconds_and_answered_as_they_are() -> None:
    session = ready()
    command = LoadTicks(asset="A", seconds=1.5, end=11.25)
    session.send([Request(5, command, 0.0, reply_to=ReplyTo.CANDLES)], NOW)
    assert texts(session) == [
        '42["loadHistoryPeriod",{"asset":"A","index":5,"time":7212,"offset":3,"period":0}]'
    ]
    payload = (
        b'{"asset":"A","index":5,"period":0,"data":'
        b'[{"asset":"A","time":7210.5,"price":1},{"asset":"A","time":7209.5,"price":3}]}'
    )
    expected = TicksLoaded("A", [9.5, 10.5], [3, 1])
    assert receive(session, event("loadHistoryPeriod", payload)) == [Response(5, expected, ReplyTo.CANDLES)]


@pytest.mark.parametrize("period", [5, 60])
def test_bars_are_no_answer_to_a_request_for_ticks(period: int) -> None:
    session = ready()
    session.send([request(5, LoadTicks(asset="A", seconds=60))], NOW)
    assert receive(session, bars(600, period=period)) == []
    assert session.garbage == 1


def test_a_history_that_names_no_request_of_ours_is_handed_on_whole() -> None:
    session = ready()
    session.send([request(0, LoadCandles(asset="A", period=60, count=1))], NOW)
    for index in (0, 77, "null"):
        assert receive(session, bars(60, 120, index=index)) == [loaded(60, 120)]


def test_a_history_that_is_not_what_its_request_asked_for_is_refused() -> None:
    session = ready()
    session.send([request(5, LoadCandles(asset="A", period=60, count=1, end=660.0))], NOW)
    assert receive(session, bars(600, period=300)) == []
    assert session.garbage == 1
    assert receive(session, bars(600)) == [loaded(600), Response(5, loaded(600))]


def test_a_venue_that_answers_no_requests_fills_no_memory() -> None:
    session = ready()
    load = LoadCandles(asset="unknown", period=60)
    assert session.send([request(number, load) for number in range(1, MAX_UNANSWERED + 1)], NOW) == []
    session.texts_to_send()
    (failure,) = session.send([request(MAX_UNANSWERED + 1, load)], NOW)
    assert isinstance(failure, Failure)
    assert (failure.request, type(failure.exception)) == (1, RequestTimeout)


@pytest.mark.parametrize(
    "command",
    [
        LoadCandles(asset="A", period=60, count=151),
        LoadCandles(asset="A", period=0),
        LoadCandles(asset="A", period=60, end=float("inf")),
        LoadTicks(asset="A", seconds=60, end=float("inf")),
        SubscribeTicks(asset="\ud800"),
        SendRaw(text="\ud800"),
    ],
)
def test_what_cannot_be_said_is_refused_and_the_rest_is_said(command: VenueCommand) -> None:
    session = ready()
    refused, done = session.send([request(1, command), request(2, SendRaw(text="42[]"))], NOW)
    assert isinstance(refused, Failure)
    assert (refused.request, type(refused.exception)) == (1, RequestRefused)
    assert done == Response(2, LIFE)
    assert texts(session) == ["42[]"]
    assert session.send([request(0, command)], NOW) == []


def test_raw_text_is_sent_as_it_is() -> None:
    session = ready()
    raw = '42["td/refill"]'
    requests = [request(7, SendRaw(text=raw)), request(0, SendRaw(text="é"))]
    assert session.send(requests, NOW) == [Response(7, LIFE)]
    assert texts(session) == [raw, "é"]
