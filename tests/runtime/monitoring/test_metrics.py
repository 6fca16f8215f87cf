"""The metrics of a status, as Prometheus reads them."""

import subprocess
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_metrics

from actors.distribution import BOUNDS, Histogram
from actors.messages.status import DeskStatus, LimitStatus, RouterStatus
from runtime.monitoring.metrics import Exposed, exposition
from tests.doubles.status_samples import REPORT, connection, status, stream
from tests.system_programs import program

FACTS = {"version": "1.2.3", "venue": "PocketOption", "account": "demo"}
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def told(**changes: Any) -> Exposed:
    return Exposed(status(**changes), FACTS, Histogram().distribution())


def page(accepted: str = "", **changes: Any) -> str:
    body, _ = exposition({"": told(**changes)}, accepted)
    return body.decode()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in plain_metrics(text)
        for sample in family.samples
    }


def test_each_stream_and_each_connection_has_its_samples() -> None:
    streams = (stream("EURUSD_otc", gaps=3), stream("#AAPL_otc", health="stale", received_at=None))
    found = samples(page(streams=streams, connections=(connection(1, state="waiting", restarts=7),)))
    assert found["tellwire_stream_fresh", (("asset", "EURUSD_otc"),)] == 1
    assert found["tellwire_stream_fresh", (("asset", "#AAPL_otc"),)] == 0
    assert found["tellwire_stream_gaps_total", (("asset", "EURUSD_otc"),)] == 3
    assert found["tellwire_connection_up", (("connection", "connection-1"),)] == 0
    assert found["tellwire_connection_restarts_total", (("connection", "connection-1"),)] == 7
    assert found["tellwire_ready", ()] == 0
    assert found["tellwire_runtime_info", tuple(sorted(FACTS.items()))] == 1


def test_what_is_not_known_is_no_sample() -> None:
    found = samples(page(streams=(stream("EURUSD_otc", received_at=None),), clock_offset=None))
    names = {name for name, _ in found}
    assert not names & {"tellwire_stream_last_tick_timestamp_seconds", "tellwire_clock_offset_seconds"}


def test_times_of_answers_are_a_histogram_for_each_command() -> None:
    taken = Histogram()
    for seconds in (0.0004, 0.02, 3.0, 1000.0):
        taken.add(seconds)
    router = RouterStatus(0, 0, 0, 0, asks={"PlaceOrder": taken.distribution()}, failed={"PlaceOrder": 2})
    found = samples(page(router=router))

    def bucket(bound: str) -> float:
        return found["tellwire_ask_seconds_bucket", (("command", "PlaceOrder"), ("le", bound))]

    assert [bucket(str(bound)) for bound in BOUNDS] == [1] * 5 + [2] * 7 + [3] * 4
    assert bucket("+Inf") == found["tellwire_ask_seconds_count", (("command", "PlaceOrder"),)] == 4
    assert found["tellwire_ask_seconds_sum", (("command", "PlaceOrder"),)] == pytest.approx(1003.0204)
    assert found["tellwire_asks_failed_total", (("command", "PlaceOrder"),)] == 2


def test_the_time_of_the_journals_disk_is_a_histogram_for_each_desk() -> None:
    taken = Histogram()
    for seconds in (0.004, 0.2):
        taken.add(seconds)
    desk = DeskStatus(None, 0, 0, 0, 0, write_times=taken.distribution())
    found = samples(page(desk=desk))
    assert found["tellwire_journal_write_seconds_bucket", (("desk", "orders"), ("le", "0.1"))] == 1
    assert found["tellwire_journal_write_seconds_sum", (("desk", "orders"),)] == pytest.approx(0.204)
    assert found["tellwire_journal_write_seconds_count", (("desk", "pending"),)] == 0


def test_the_limits_of_orders_and_a_halt_are_there() -> None:
    limits = (LimitStatus("daily_loss", Decimal("12.5"), Decimal(50)),)
    found = samples(page(desk=DeskStatus("by hand", 1, 2, 3, 4, limits=limits)))
    assert found["tellwire_order_limit_used", (("limit", "daily_loss"),)] == 12.5
    assert found["tellwire_trading_halted", ()] == 1
    assert found["tellwire_orders_in_doubt", ()] == 2


def test_a_label_with_odd_characters_is_kept() -> None:
    odd = 'a"b\\c\nd'
    child = connection(1)
    text = page(connections=(replace(child, child=replace(child.child, name=odd)),))
    assert ("tellwire_connection_up", (("connection", odd),)) in samples(text)
    assert REPORT.connection not in text.split("connection_up")[2]


def test_a_scraper_gets_the_form_that_it_accepts() -> None:
    text = page(OPEN_METRICS)
    assert text.endswith("# EOF\n")
    assert {family.name for family in open_metrics(text)} >= {"tellwire_ready", "tellwire_ticks"}  # type: ignore[no-untyped-call]


def test_promtool_finds_nothing_to_improve() -> None:
    done = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=page(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_with_several_accounts_each_sample_names_its_own_and_a_name_is_one_family() -> None:
    accounts = {"main": told(), "hedge": told(connections=(connection(1, state="waiting"),))}
    accounts = {
        name: each._replace(facts={"version": "1", "session": "demo"}) for name, each in accounts.items()
    }
    text = exposition(accounts, "")[0].decode()
    found = samples(text)
    assert found["tellwire_connection_up", (("account", "main"), ("connection", "connection-1"))] == 1
    assert found["tellwire_connection_up", (("account", "hedge"), ("connection", "connection-1"))] == 0
    assert found["tellwire_runtime_info", (("account", "hedge"), ("session", "demo"), ("version", "1"))] == 1
    assert text.count("# TYPE tellwire_connection_up ") == 1
    assert not [
        line for line in text.splitlines() if line.startswith("tellwire_") and 'account="' not in line
    ]
