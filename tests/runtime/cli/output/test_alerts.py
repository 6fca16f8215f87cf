"""What an operator is told to act on, above the tables."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors.messages.events import OrderInDoubt
from actors.messages.status import (
    ChildStatus,
    DeskStatus,
    LimitStatus,
    PendingStatus,
    PendingStream,
    RegionStatus,
    ReloadStatus,
    Status,
    WorkerStatus,
)
from runtime.alerts.conditions import found_in
from runtime.cli.output.alerts import Urgency, alerts
from runtime.cli.output.counters import Counters
from runtime.cli.output.deal_book import DealBook
from runtime.cli.output.snapshot import PictureTime, Recorder, RunInfo
from tests.doubles.status_samples import NOW, connection, status, stream

QUIET = DeskStatus(None, 0, 0, 0, 0)
RUN = RunInfo("PocketOption", "demo", "my file.yaml")


def told(state: Status, *events: Any, age: float = 0.0) -> list[str]:
    deals = DealBook()
    for event in events:
        deals.take(event)
    shown = Recorder(RUN, Counters(), deals).take(state, PictureTime(NOW, 10.0, age))
    return [f"{alert.urgency.name} {alert.text}" for alert in alerts(shown)]


def test_a_runtime_that_is_well_has_none() -> None:
    assert told(status()) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"halted": ""}, "WARNING HALTED: no order is sent; R resumes"),
        ({"halted": "lunch"}, "WARNING HALTED (lunch): no order is sent; R resumes"),
        ({"refuses": "the session is live"}, "WARNING every order is refused: the session is live"),
        (
            {"limits": (LimitStatus("orders.daily_loss", Decimal("16.5"), Decimal(20)),)},
            "WARNING orders.daily_loss: 16.5 of 20 is used",
        ),
        (
            {"limits": (LimitStatus("orders.daily_orders", Decimal(20), Decimal(20)),)},
            "WARNING orders.daily_orders: 20 of 20 is used, no order is sent",
        ),
    ],
)
def test_why_no_order_is_sent_is_told_before_any_trade(changes: dict[str, Any], text: str) -> None:
    assert told(status(desk=replace(QUIET, **changes))) == [text]


def test_a_limit_of_which_much_is_left_is_not_told() -> None:
    limit = LimitStatus("orders.daily_loss", Decimal("7.5"), Decimal(20))
    assert told(status(desk=replace(QUIET, limits=(limit,)))) == []


def test_an_order_in_doubt_is_named_with_what_settles_it() -> None:
    doubt = OrderInDoubt("1f30fe76", "EURUSD_otc", Decimal(5), "the connection was lost")
    [line] = told(status(desk=replace(QUIET, in_doubt=1)), doubt)
    assert line == (
        "ERROR 1 order is IN DOUBT: EURUSD_otc 5.00 (1f30fe76); the venue's next lists decide,"
        " or tellwire ctl 'my file.yaml' orders settle"
    )
    both = replace(status(desk=replace(QUIET, in_doubt=1)), pending=PendingStatus(in_doubt=1))
    assert told(both)[0].startswith("ERROR 2 orders are IN DOUBT; the venue's")


def test_an_outage_says_its_reasons_and_what_to_do() -> None:
    down = replace(connection(1), child=ChildStatus("connection-1", "w", "EU", "waiting", 3, 2, "refused"))
    [line] = told(status(connections=(down,), outage=43.2))
    assert line == (
        "ERROR NO CONNECTION IS UP for 43 s (EU: refused); tellwire doctor shows which step fails"
    )


def test_connections_that_were_closed_on_purpose_say_how_they_come_back() -> None:
    [line] = told(status(disconnected="maintenance"))
    assert line.startswith("ERROR ALL CONNECTIONS ARE DISCONNECTED (maintenance); the command Connect ")


def test_what_was_given_up_says_how_it_comes_back() -> None:
    state = status(
        connections=(connection(1), connection(2, state="quarantined", last_error="it died")),
        workers=(WorkerStatus("worker-1", 0, "quarantined", 9, 0.0, 0),),
    )
    assert told(state) == [
        "ERROR connection-2 is given up (it died); tellwire ctl 'my file.yaml' restart connection-2",
        "ERROR worker-1 is given up; tellwire ctl 'my file.yaml' restart worker-1",
    ]


def test_stale_streams_and_those_that_have_not_begun_are_named() -> None:
    stale = (stream("A", health="stale", cure="move"), stream("B", health="stale"), stream("C"))
    pending = (PendingStream("EURUSDD_otc", True, "no such asset"), PendingStream("GBPUSD_otc", True, ""))
    assert told(status(streams=stale, pending_streams=pending)) == [
        "WARNING 2 streams are stale: A (move), B",
        "WARNING EURUSDD_otc has not begun (no such asset)",
    ]


def test_the_rest_is_told_too_and_the_worst_comes_first() -> None:
    busy = RegionStatus("demo-europe", 1, 3, 1, 1, None, 25.4)
    reload = ReloadStatus("a.yaml", 1, 1, NOW, "streams", ("a.yaml:1: x: is wrong", "more"), NOW)
    lines = told(status(regions=(busy,), clock_offset=-3.21, reload=reload), age=4.0)
    assert lines[:3] == [
        "ERROR the runtime has not answered for 4 s: what is shown is old",
        "WARNING the host of demo-europe asks for 25 s without a dial",
        "WARNING the venue's clock is 3.2 s behind ours",
    ]
    assert lines[3].startswith("WARNING the file: REFUSED at ")


def test_a_reload_that_took_effect_is_no_more_than_news() -> None:
    [line] = told(status(reload=ReloadStatus("a.yaml", 1, 0, NOW, "streams")))
    assert line.startswith("INFO the file: streams took effect at ")
    assert Urgency.INFO > Urgency.WARNING > Urgency.ERROR


def test_the_table_shows_what_is_told_elsewhere_and_as_severe() -> None:
    limit = LimitStatus("orders.daily_loss", Decimal(20), Decimal(20))
    desk = replace(QUIET, halted="lunch", in_doubt=1, limits=(limit,))
    worker = WorkerStatus("worker-1", 0, "quarantined", 3, 0.0, 0)
    wrong = status(desk=desk, workers=(worker,), streams=(stream("X", health="stale"),))
    shown = [line.split(" ")[0] for line in told(wrong)]
    names = {"critical": "ERROR", "warning": "WARNING"}
    assert sorted(shown) == sorted(names[each.severity] for each in found_in(wrong, []))
