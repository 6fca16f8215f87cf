"""Every name that a script for pocketoptionapi-async may import is there, with its parameters."""

import importlib
import inspect
from typing import Any

import pytest

PACKAGE = "runtime.compat.pocketoptionapi_async"
NAMES = {
    "": "AsyncPocketOptionClient PocketOptionError ConnectionError AuthenticationError "
    "OrderError TimeoutError InvalidParameterError WebSocketError Balance Candle Order "
    "OrderResult OrderStatus OrderDirection Asset ConnectionStatus ASSETS REGIONS "
    "ErrorMonitor HealthChecker ErrorSeverity ErrorCategory CircuitBreaker RetryPolicy "
    "error_monitor health_checker",
    ".client": "AsyncPocketOptionClient",
    ".constants": "ASSETS REGIONS Regions TIMEFRAMES API_LIMITS",
    ".exceptions": "PocketOptionError ConnectionError AuthenticationError OrderError TimeoutError "
    "InvalidParameterError WebSocketError",
    ".models": "Balance Candle Order OrderResult OrderStatus OrderDirection Asset ConnectionStatus "
    "ConnectionInfo ServerTime TimeFrame",
    ".monitoring": "ErrorMonitor ErrorEvent HealthChecker ErrorSeverity ErrorCategory CircuitBreaker "
    "RetryPolicy PerformanceMetrics error_monitor health_checker",
    ".connection_keep_alive": "ConnectionKeepAlive",
    ".connection_monitor": "ConnectionMonitor RealTimeDisplay ConnectionMetrics PerformanceSnapshot",
    ".utils": "format_session_id calculate_payout_percentage analyze_candles calculate_volatility "
    "determine_trend calculate_support_resistance format_timeframe validate_asset_symbol "
    "calculate_order_expiration retry_async performance_monitor RateLimiter OrderManager "
    "candles_to_dataframe",
}
PARAMETERS = {
    "client.AsyncPocketOptionClient": "ssid is_demo region uid platform is_fast_history persistent_connection"
    " auto_reconnect enable_logging",
    "client.AsyncPocketOptionClient.connect": "self regions persistent",
    "client.AsyncPocketOptionClient.disconnect": "self",
    "client.AsyncPocketOptionClient.get_balance": "self",
    "client.AsyncPocketOptionClient.place_order": "self asset amount direction duration",
    "client.AsyncPocketOptionClient.check_order_result": "self order_id",
    "client.AsyncPocketOptionClient.check_win": "self order_id max_wait_time",
    "client.AsyncPocketOptionClient.get_active_orders": "self",
    "client.AsyncPocketOptionClient.get_candles": "self asset timeframe count end_time",
    "client.AsyncPocketOptionClient.get_candles_dataframe": "self asset timeframe count end_time",
    "client.AsyncPocketOptionClient.get_asset_info": "self asset",
    "client.AsyncPocketOptionClient.get_payout": "self asset",
    "client.AsyncPocketOptionClient.send_message": "self message",
    "client.AsyncPocketOptionClient.add_event_callback": "self event callback",
    "client.AsyncPocketOptionClient.remove_event_callback": "self event callback",
    "client.AsyncPocketOptionClient.get_connection_stats": "self",
    "connection_keep_alive.ConnectionKeepAlive": "ssid is_demo",
    "connection_keep_alive.ConnectionKeepAlive.start_persistent_connection": "self",
    "connection_keep_alive.ConnectionKeepAlive.stop_persistent_connection": "self",
    "connection_keep_alive.ConnectionKeepAlive.connect_with_keep_alive": "self regions",
    "connection_keep_alive.ConnectionKeepAlive.disconnect": "self",
    "connection_keep_alive.ConnectionKeepAlive.send_message": "self message",
    "connection_keep_alive.ConnectionKeepAlive.add_event_handler": "self event handler",
    "connection_keep_alive.ConnectionKeepAlive.get_connection_stats": "self",
    "connection_keep_alive.ConnectionKeepAlive.get_stats": "self",
    "connection_monitor.ConnectionMonitor": "ssid is_demo",
    "connection_monitor.ConnectionMonitor.start_monitoring": "self persistent_connection",
    "connection_monitor.ConnectionMonitor.stop_monitoring": "self",
    "connection_monitor.ConnectionMonitor.get_real_time_stats": "self",
    "connection_monitor.ConnectionMonitor.get_historical_metrics": "self hours",
    "connection_monitor.ConnectionMonitor.generate_diagnostics_report": "self",
    "connection_monitor.ConnectionMonitor.export_metrics_csv": "self filename",
    "connection_monitor.ConnectionMonitor.add_event_handler": "self event_type handler",
    "connection_monitor.RealTimeDisplay": "monitor",
    "connection_monitor.RealTimeDisplay.start_display": "self",
    "connection_monitor.RealTimeDisplay.stop_display": "self",
    "monitoring.ErrorMonitor": "max_errors alert_threshold alert_window",
    "monitoring.ErrorMonitor.record_error": "self error_type severity category message context stack_trace",
    "monitoring.ErrorMonitor.execute_with_monitoring": "self func operation_name category use_circuit_breaker"
    " use_retry args kwargs",
    "monitoring.ErrorMonitor.get_error_summary": "self hours",
    "monitoring.CircuitBreaker": "failure_threshold recovery_timeout expected_exception",
    "monitoring.RetryPolicy": "max_attempts base_delay max_delay exponential_base jitter",
    "monitoring.HealthChecker": "check_interval",
    "monitoring.HealthChecker.register_health_check": "self name check_func",
    "utils.format_session_id": "session_id is_demo uid platform is_fast_history",
    "utils.calculate_payout_percentage": "entry_price exit_price direction payout_rate",
    "utils.calculate_volatility": "prices periods",
    "utils.calculate_support_resistance": "candles periods",
    "utils.calculate_order_expiration": "duration_seconds current_time",
    "utils.retry_async": "max_attempts delay backoff_factor",
    "utils.RateLimiter": "max_calls time_window",
    "constants.Regions.get_all": "randomize",
    "constants.Regions.get_region": "region_name",
}


@pytest.mark.parametrize("module", NAMES)
def test_each_name_is_there(module: str) -> None:
    found = importlib.import_module(PACKAGE + module)
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


@pytest.mark.parametrize("path", PARAMETERS)
def test_each_parameter_has_its_place(path: str) -> None:
    module, *names = path.split(".")
    found: Any = importlib.import_module(f"{PACKAGE}.{module}")
    for name in names:
        found = getattr(found, name)
    assert list(inspect.signature(found).parameters) == PARAMETERS[path].split()
