"""The table of all methods: what each is here."""

from typing import Final

from runtime.compat._served import Served

METHODS: Final[tuple[Served, ...]] = (
    Served(
        "AsyncPocketOptionClient",
        "better",
        "AsyncRuntime(config)",
        "All arguments count, `region` and `auto_reconnect` too. `is_demo=False` lets orders stake"
        " real money. No handler of the program's loguru is removed.",
    ),
    Served(
        "AsyncPocketOptionClient.connect",
        "better",
        "async with AsyncRuntime(config) as rt",
        "`True` means logged in, with balance and assets. Certificates are checked. URLs are regions too.",
    ),
    Served(
        "AsyncPocketOptionClient.disconnect",
        "same",
        "await rt.stop()",
    ),
    Served(
        "AsyncPocketOptionClient.is_connected",
        "same",
        "(await rt.client.status()).connections",
        "Two connections: one is enough.",
    ),
    Served(
        "AsyncPocketOptionClient.connection_info",
        "same",
        "(await rt.client.status()).connections",
    ),
    Served(
        "AsyncPocketOptionClient.get_balance",
        "better",
        "await rt.client.balance()",
        "Answered at once: the venue tells each change. The currency is that of the account's"
        " deals, once there is one.",
    ),
    Served(
        "AsyncPocketOptionClient.place_order",
        "better",
        "await rt.client.buy(asset, amount, duration), or sell",
        "A refused or lost order raises `OrderError`; an open order is never made up. `error_code`"
        " says whether it may be repeated. `duration`, `expires_at` and `payout` are the deal's own.",
    ),
    Served(
        "AsyncPocketOptionClient.check_order_result",
        "better",
        "await rt.client.closed_deals()",
        "Finds deals of other programs too, by the venue's id.",
    ),
    Served(
        "AsyncPocketOptionClient.check_win",
        "better",
        "await rt.client.result(deal)",
        "A draw is `draw` with the status `closed`, not a loss. Results are known after a"
        " reconnect. An id that nobody knows raises `OrderError` at once, and a client that is"
        " disconnected `ConnectionError`.",
    ),
    Served(
        "AsyncPocketOptionClient.get_active_orders",
        "better",
        "await rt.client.opened_deals()",
        "All open deals of the account; an order in doubt is there as `pending`.",
    ),
    Served(
        "AsyncPocketOptionClient.get_candles",
        "better",
        "await rt.client.candles(asset, period, count=count, end=end)",
        "`count` and `end_time` count. Stamps are right: theirs are two hours ahead. Newest first,"
        " as there. A text that is no timeframe and an answer that does not come raise.",
    ),
    Served(
        "AsyncPocketOptionClient.get_candles_dataframe",
        "better",
        "(await rt.client.candles(asset, period)).to_pandas()",
        "As `get_candles`, oldest first as there. Needs the extra `pandas`.",
    ),
    Served(
        "AsyncPocketOptionClient.get_asset_info",
        "better",
        "await rt.client.assets()",
        "For every asset, from the login on.",
    ),
    Served(
        "AsyncPocketOptionClient.get_payout",
        "better",
        "await rt.client.payout(asset)",
        "For every asset, from the login on.",
    ),
    Served(
        "AsyncPocketOptionClient.send_message",
        "better",
        "await rt.client.send_raw(text)",
        "Streams that it begins come back after a reconnect. Logins and orders raise"
        " `InvalidParameterError`: they would pass by the journal.",
    ),
    Served(
        "AsyncPocketOptionClient.add_event_callback",
        "better",
        "await rt.subscribe(topic, handler)",
        "Callbacks get the data, where theirs mostly get a placeholder, and run beside the"
        " connection. An event that never comes raises.",
    ),
    Served(
        "AsyncPocketOptionClient.remove_event_callback",
        "same",
        "await rt.unsubscribe(topic, handler)",
    ),
    Served(
        "AsyncPocketOptionClient.get_connection_stats",
        "better",
        "await rt.client.status()",
        "The messages are counted. As there, it is not awaited.",
    ),
    Served("AsyncPocketOptionClient.session_id", "same", "rt.config.account"),
    Served("AsyncPocketOptionClient.uid", "same", "rt.config.account"),
    Served("AsyncPocketOptionClient.platform", "same", "rt.config.account"),
    Served("AsyncPocketOptionClient.is_demo", "same", "rt.config.account"),
    Served("AsyncPocketOptionClient.is_fast_history", "same", "rt.config.account"),
    Served("AsyncPocketOptionClient.auto_reconnect", "same", "rt.config.reconnect"),
    Served("AsyncPocketOptionClient.persistent_connection", "same", ""),
    Served(
        "ConnectionKeepAlive",
        "better",
        "AsyncRuntime(config)",
        "Can be imported. Has the connections of the clients of the same account.",
    ),
    Served(
        "ConnectionMonitor",
        "better",
        "await rt.client.status()",
        "Can be imported. Ping times are measured; memory and CPU need psutil, as there.",
    ),
    Served(
        "RealTimeDisplay",
        "same",
        "the table of tellwire run",
        "Text without escapes where there is no terminal.",
    ),
    Served(
        "ErrorMonitor",
        "same",
        "loguru",
        "The counts of its summary are plain dicts.",
    ),
    Served(
        "HealthChecker",
        "same",
        "await rt.client.status()",
    ),
    Served(
        "CircuitBreaker",
        "same",
        "the supervisor, which gives up what cannot come back",
        "An open one raises `CircuitOpenError`.",
    ),
    Served(
        "RetryPolicy",
        "same",
        "tenacity",
        "Not for `place_order`: a lost answer would place it twice.",
    ),
    Served(
        "ASSETS",
        "better",
        "await rt.client.assets()",
        "The venue's list; a login adds what is new.",
    ),
    Served(
        "REGIONS",
        "same",
        "regions of the configuration",
    ),
    Served(
        "utils",
        "same",
        "",
        "`calculate_payout_percentage` is 0 for a draw; `RateLimiter` keeps the order of its calls.",
    ),
    Served(
        "models",
        "same",
        "",
        "`Balance`, `Candle`, `Order`, `OrderResult` and the others, with their checks.",
    ),
    Served("exceptions", "same", "", "With `OrderError.order_id`, and `error_code` of an order."),
    Served("monitoring", "same", "", "`error_monitor` and `health_checker`, and the classes above."),
    Served("constants", "same", "", "`TIMEFRAMES` and `API_LIMITS`; other tables are not there."),
    Served(
        "websocket_client",
        "not served",
        "AsyncRuntime(config)",
        "`AsyncWebSocketClient` and the other classes behind the client are not there, nor are"
        " attributes with an underscore: use the client's methods.",
    ),
    Served(
        "config",
        "not served",
        "a YAML file",
        "Their client does not read its own `Config`: set TELLWIRE_COMPAT_CONFIG to a file of tellwire.",
    ),
)
