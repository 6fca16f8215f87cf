"""Models, regions, sessions, monitors and small helpers of pocketoptionapi-async; none needs a connection."""

import asyncio
import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from runtime.compat.pocketoptionapi_async import (
    REGIONS,
    AsyncPocketOptionClient,
    CircuitBreaker,
    ErrorCategory,
    ErrorMonitor,
    ErrorSeverity,
    HealthChecker,
    InvalidParameterError,
    PocketOptionError,
    RetryPolicy,
    utils,
)
from runtime.compat.pocketoptionapi_async._arguments import seconds_of, urls_of
from runtime.compat.pocketoptionapi_async._session import read_session
from runtime.compat.pocketoptionapi_async.exceptions import CircuitOpenError
from runtime.compat.pocketoptionapi_async.models import (
    Candle,
    Order,
    OrderDirection,
    OrderResult,
    OrderStatus,
    TimeFrame,
)

MOMENT = datetime(2026, 1, 2, 3, 4)
CANDLES = [
    Candle(
        timestamp=MOMENT + timedelta(minutes=number),
        open=close,
        high=close + 1,
        low=close - 1,
        close=close,
        volume=1.0,
        asset="EURUSD",
        timeframe=60,
    )
    for number, close in enumerate([10.0, 11.0, 12.0, 14.0])
]


def test_models_refuse_what_cannot_be_and_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="must not be below low"):
        Candle(timestamp=MOMENT, open=1, high=1, low=2, close=1, asset="EURUSD", timeframe=60)
    with pytest.raises(ValidationError, match="frozen"):
        CANDLES[0].open = 2.0
    direction: Any = "put"
    order = Order(asset="EURUSD", amount=1, direction=direction, duration=5)
    assert order.direction is OrderDirection.PUT
    assert order.request_id != Order(asset="EURUSD", amount=1, direction=direction, duration=5).request_id
    for amount, duration in ((0, 60), (1, 4)):
        with pytest.raises(ValidationError, match="must be"):
            Order(asset="EURUSD", amount=amount, direction=direction, duration=duration)
    status: str = OrderStatus.LOSE
    assert (status, TimeFrame.MN1) == ("lose", 2592000)


def test_regions_have_the_names_that_scripts_use() -> None:
    regions = REGIONS.get_all_regions()
    assert len(regions) == 19
    assert REGIONS.get_region("europa") == regions["EUROPA"]
    assert REGIONS.get_region("ATLANTIS") is None
    assert REGIONS.get_all(randomize=False) == list(regions.values())
    assert sorted(REGIONS.get_all()) == sorted(regions.values())
    assert REGIONS.get_demo_regions() == [regions["DEMO"], regions["DEMO_2"]]
    assert list(urls_of(None, None, is_demo=True)) == ["DEMO", "DEMO_2"]
    assert list(urls_of(None, "asia", is_demo=False))[:2] == ["asia".upper(), "EUROPA"]
    assert list(urls_of(None, "EUROPA", is_demo=True)) == ["DEMO", "DEMO_2"]  # it serves no demo account
    assert urls_of(["wss://x.example", "NOWHERE", "DEMO"], None, is_demo=True) == {
        "URL-1": "wss://x.example",
        "DEMO": regions["DEMO"],
    }


@pytest.mark.parametrize(
    ("timeframe", "seconds"), [("1m", 60), ("1w", 604800), ("30s", 30), ("2h", 7200), (TimeFrame.M5, 300)]
)
def test_a_timeframe_is_text_or_seconds(timeframe: str | int, seconds: int) -> None:
    assert seconds_of(timeframe) == seconds


def test_a_session_is_a_message_or_a_bare_id() -> None:
    message = '42["auth",{"session":"abcdefghij01","isDemo":0,"uid":7,"platform":3}]'
    assert read_session(f" {message}\n", 0, 1) == ("abcdefghij01", 7, 3)
    assert read_session("abcdefghij01", 7, 3) == ("abcdefghij01", 7, 3)
    assert read_session('42["auth",{session:abcdefghij01,isDemo:1,uid:7,platform:2}]', 0, 1).uid == 7
    client = AsyncPocketOptionClient(message, is_demo=True)  # the argument counts, not the message
    sent = client._session.message(is_demo=client.is_demo, is_fast_history=True)
    assert json.loads(sent[2:]) == [
        "auth",
        {"session": "abcdefghij01", "isDemo": 1, "uid": 7, "platform": 3, "isFastHistory": True},
    ]
    wrong: Any = None
    for text in (
        "",
        "  ",
        wrong,
        "short",
        '42["auth",{"uid":1}]',
        '42["auth"',
        '42["auth",{"session":"short"}]',
    ):
        with pytest.raises(InvalidParameterError) as caught:
            AsyncPocketOptionClient(text)
        assert "short" not in str(caught.value).replace("too short", "")


def test_figures_of_candles() -> None:
    assert utils.analyze_candles([]) == {}
    figures = utils.analyze_candles(CANDLES)
    assert figures["volatility"] == pytest.approx(1.479, abs=0.001)
    del figures["volatility"]
    assert figures == {
        "count": 4,
        "first_price": 10.0,
        "last_price": 14.0,
        "price_change": 4.0,
        "price_change_percent": pytest.approx(40.0),
        "highest": 15.0,
        "lowest": 9.0,
        "average_close": 11.75,
        "trend": "bullish",
    }
    assert utils.determine_trend([2.0, 1.0]) == "bearish"
    assert utils.determine_trend([1.0]) == utils.determine_trend([1.0, 1.0005]) == "sideways"
    assert utils.calculate_volatility([]) == 0
    assert utils.calculate_support_resistance(CANDLES, 2) == {
        "support": 11.0,
        "resistance": 15.0,
        "range": 4.0,
    }
    with pytest.raises(ValueError, match="no candle"):
        utils.calculate_support_resistance([])
    frame = utils.candles_to_dataframe(CANDLES[::-1])
    assert list(frame["close"]) == [10.0, 11.0, 12.0, 14.0]
    assert list(frame.columns)[-1] == "asset"
    assert utils.candles_to_dataframe([]).empty


def test_small_helpers() -> None:
    assert [utils.format_timeframe(each) for each in (30, 60, 3600, 172800)] == ["30s", "1m", "1h", "2d"]
    assert utils.calculate_payout_percentage(1, 2, "CALL") == 0.8
    assert utils.calculate_payout_percentage(1, 2, "put", 0.9) == -1.0
    assert utils.calculate_payout_percentage(2, 1, "put", 0.9) == 0.9
    assert utils.calculate_payout_percentage(1, 1, "call") == 0.0
    assert utils.validate_asset_symbol("A", {"A": 1})
    assert utils.calculate_order_expiration(60, MOMENT) == MOMENT + timedelta(minutes=1)
    assert utils.format_session_id("abc", is_demo=False, uid=3, is_fast_history=False) == (
        '42["auth",{"session": "abc", "isDemo": 0, "uid": 3, "platform": 1}]'
    )


def test_a_register_of_orders() -> None:
    order = OrderResult(
        order_id="1",
        asset="EURUSD",
        amount=1,
        direction=OrderDirection.CALL,
        duration=60,
        status=OrderStatus.ACTIVE,
        placed_at=MOMENT,
        expires_at=MOMENT,
    )
    manager, told = utils.OrderManager(), list[OrderResult]()
    manager.add_order(order)
    manager.add_order_callback("1", lambda _: 1 / 0)
    manager.add_order_callback("1", told.append)
    assert (manager.get_order_status("1"), manager.get_active_count()) == (order, 1)
    manager.complete_order("1", order)
    manager.complete_order("1", order)
    assert told == [order]
    assert (manager.get_active_count(), manager.get_completed_count()) == (0, 1)
    assert manager.get_order_status("2") is None


def test_a_call_is_repeated_and_measured() -> None:
    calls: list[int] = []

    @utils.performance_monitor
    @utils.retry_async(max_attempts=3, delay=0.001)
    async def third(number: int) -> int:
        calls.append(number)
        if len(calls) < 3:
            raise ValueError("not yet")
        return number

    async def always() -> None:
        raise ValueError("never")

    assert asyncio.run(third(5)) == 5
    assert (calls, third.__name__) == ([5, 5, 5], "third")
    policy = RetryPolicy(max_attempts=2, base_delay=0.001)
    calls[:] = [0]
    assert asyncio.run(policy.execute(third, 6)) == 6
    with pytest.raises(ValueError, match="never"):
        asyncio.run(policy.execute(always))
    with pytest.raises(ValueError, match="at least 1"):
        RetryPolicy(max_attempts=0)


def test_a_breaker_opens_and_closes() -> None:
    async def run() -> None:
        breaker = CircuitBreaker(failure_threshold=2, recovery_timeout=0.05)

        async def answer(value: object) -> object:
            if isinstance(value, Exception):
                raise value
            return value

        for _ in range(2):
            with pytest.raises(ValueError, match="bad"):
                await breaker.call(answer, ValueError("bad"))
        assert breaker.state == "OPEN"
        with pytest.raises(CircuitOpenError, match="Circuit breaker is OPEN"):
            await breaker.call(answer, 1)
        await asyncio.sleep(0.06)
        assert await breaker.call(answer, 1) == 1
        assert (breaker.state, breaker.failure_count) == ("CLOSED", 0)

    asyncio.run(run())


def test_errors_are_counted_and_alerted() -> None:
    async def run() -> None:
        monitor, alerts = ErrorMonitor(max_errors=3, alert_threshold=2), list[dict[str, Any]]()

        async def told(alert: dict[str, Any]) -> None:
            alerts.append(alert)

        monitor.add_alert_callback(lambda _: 1 / 0)
        monitor.add_alert_callback(told)

        async def fail(**_: object) -> None:
            raise PocketOptionError("no", "code")

        for circuit, retry in ((False, False), (True, False)):
            with pytest.raises(PocketOptionError, match="no"):
                await monitor.execute_with_monitoring(fail, "op", ErrorCategory.DATA, circuit, retry, a=1)
        event = await monitor.record_error("x", ErrorSeverity.LOW, ErrorCategory.SYSTEM, "text")
        assert (event.message, event.context, event.stack_trace) == ("text", {}, "")
        assert [(alert["error_type"], alert["error_count"]) for alert in alerts] == [("op_error", 2)]
        assert monitor.circuit_breakers["data"].failure_count == 1
        summary = monitor.get_error_summary(hours=2)
        assert (summary["total_errors"], summary["error_rate"]) == (3, 1.5)
        assert summary["top_errors"] == [("op_error", 2), ("x", 1)]
        assert summary["error_by_category"] == {"data": 2, "system": 1}
        assert summary["error_by_severity"] == {"medium": 2, "low": 1}

    asyncio.run(run())


def test_health_is_checked() -> None:
    async def run() -> None:
        checker, done = HealthChecker(check_interval=0.01), asyncio.Event()

        async def well() -> dict[str, int]:
            return {"a": 1}

        async def ill() -> bool:
            return False

        async def broken() -> bool:
            done.set()
            raise ValueError("why")

        for check in (well, ill, broken):
            checker.register_health_check(check.__name__, check)
        await checker.start_monitoring()
        async with asyncio.timeout(5):
            await done.wait()
            await asyncio.sleep(0)
        await checker.stop_monitoring()
        report = checker.get_health_report()
        assert report["overall_status"] == "unhealthy"
        assert report["unhealthy_services"] == ["ill", "broken"]
        assert report["services"]["well"]["details"] == {"a": 1}
        assert report["services"]["broken"]["error"] == "why"

    asyncio.run(run())


def test_a_limiter_lets_calls_wait() -> None:
    async def run() -> float:
        limiter = utils.RateLimiter(max_calls=2, time_window=0.2)
        began = time.monotonic()
        assert await asyncio.gather(*(limiter.acquire() for _ in range(3))) == [True] * 3
        return time.monotonic() - began

    assert asyncio.run(run()) >= 0.19
