"""What each method of BinaryOptionsToolsV2 is here; for the guide and for ``tellwire migrate``.

A method of ``PocketOptionAsync`` is one of ``PocketOption`` too, without ``await``. ``becomes`` is written
with an ``AsyncRuntime`` called ``rt``.
"""

from typing import Final

from runtime.compat._served import How, Served

SAME: Final[How] = "same"
BETTER: Final[How] = "better"
NOT_SERVED: Final[How] = "not served"

_LOADED: Final = "await rt.client.candles(asset, period, count=count)"
_TICKS: Final = "async for tick in rt.ticks(asset)"
_WIRE: Final = "async for message in rt.events('wire.>')"
_RAW: Final = "await rt.client.send_raw(text)"
_REQUEST: Final = "rt.events('wire.>'), then await rt.client.send_raw(text)"
_FRESH: Final = "theirs is two hours old"

CLIENT: Final = (
    Served(
        "PocketOptionAsync",
        BETTER,
        "async with AsyncRuntime(config) as rt",
        "it does not hold up the loop while it connects, a bad SSID raises at once, and clients of"
        " one account share a connection",
    ),
    Served(
        "PocketOption",
        BETTER,
        "with Runtime(config) as runtime",
        "one thread for all of its waits; Ctrl-C ends a wait",
    ),
    Served(
        "PocketOptionAsync.try_demo",
        SAME,
        "the auth message of a guest as account.session",
        "it goes to the hosts for guests; whether the venue takes a token that was made here, it says at the"
        " login",
    ),
    Served(
        "PocketOptionAsync.wait_for_assets",
        BETTER,
        "await rt.client.assets(timeout=20)",
        "a session that is refused is told before the time is up, with the reason",
    ),
    Served("PocketOptionAsync.is_demo", SAME, "(await rt.client.balance()).account"),
    Served(
        "PocketOptionAsync.is_connected",
        BETTER,
        "(await rt.client.status()).connections",
        "true once logged in; theirs is true before, and with a session that is refused",
    ),
    Served("PocketOptionAsync.is_ssid_valid", SAME, "config.account.login"),
    Served(
        "PocketOptionAsync.disconnect",
        BETTER,
        "await rt.client.disconnect()",
        "it stays closed until connect or the next request; theirs comes back by itself",
    ),
    Served("PocketOptionAsync.connect", BETTER, "await rt.client.connect()", "returns once logged in"),
    Served(
        "PocketOptionAsync.reconnect",
        BETTER,
        "await rt.client.restart(name)",
        "subscriptions go on; theirs does nothing that can be seen",
    ),
    Served("PocketOptionAsync.shutdown", SAME, "await rt.stop()"),
    Served("PocketOption.close", SAME, "runtime.stop()"),
    Served("PocketOption.loop", SAME, "AsyncRuntime"),
    Served("PocketOption.client", SAME, "AsyncRuntime"),
    Served("PocketOptionAsync.config", SAME, "rt.config"),
)

ORDERS: Final = (
    Served(
        "PocketOptionAsync.buy",
        BETTER,
        "await rt.client.buy(asset, amount, duration)",
        "it never hangs: an answer that is lost raises, with the order's id in error.order; an amount is"
        " rounded to the cent",
    ),
    Served(
        "PocketOptionAsync.sell",
        BETTER,
        "await rt.client.sell(asset, amount, duration)",
        "as buy",
    ),
    Served(
        "PocketOptionAsync.check_win",
        BETTER,
        "await rt.client.result(deal)",
        "also for a deal of before a restart; the result of a lost connection is found in the venue's lists",
    ),
    Served("PocketOptionAsync.get_deal_end_time", SAME, "deal.closes_at", "by the venue's clock"),
    Served("PocketOptionAsync.balance", SAME, "await rt.client.balance()"),
    Served(
        "PocketOptionAsync.opened_deals",
        SAME,
        "await rt.client.opened_deals()",
        "a dict of deals by id, whatever its annotation says there",
    ),
    Served(
        "PocketOptionAsync.closed_deals",
        SAME,
        "await rt.client.closed_deals()",
        "a dict of deals by id, whatever its annotation says there",
    ),
    Served("PocketOptionAsync.get_opened_deal", SAME, "await rt.client.opened_deals()"),
    Served("PocketOptionAsync.get_closed_deal", SAME, "await rt.client.closed_deals()"),
    Served("PocketOptionAsync.clear_closed_deals", SAME, "await rt.client.closed_deals()"),
    Served(
        "PocketOptionAsync.open_pending_order",
        BETTER,
        "await rt.client.place_pending_order(asset, amount, direction, duration, open_at=at)",
        "theirs is never sent; the dict has the venue's keys and those of their documentation",
    ),
    Served(
        "PocketOptionAsync.get_pending_deals",
        BETTER,
        "await rt.client.pending_orders()",
        "theirs raises AttributeError",
    ),
    Served(
        "PocketOptionAsync.cancel_pending_order",
        BETTER,
        "await rt.client.cancel_pending_order(ticket)",
        "theirs gets no answer",
    ),
    Served(
        "PocketOptionAsync.cancel_pending_orders",
        BETTER,
        "await rt.client.cancel_pending_order(ticket)",
        "one after another; failed has the reason of each",
    ),
)

MARKET: Final = (
    Served("PocketOptionAsync.active_assets", SAME, "await rt.client.assets()"),
    Served("PocketOptionAsync.payouts", SAME, "await rt.client.assets()"),
    Served(
        "PocketOptionAsync.payout",
        BETTER,
        "await rt.client.payout(asset)",
        "with a text, a list, or nothing, as the older releases",
    ),
    Served(
        "PocketOptionAsync.get_server_time",
        BETTER,
        "await rt.client.server_time()",
        "seconds of the venue's clock, UTC + 7200; theirs counts from 0 until a tick has come",
    ),
    Served(
        "PocketOptionAsync.candles",
        BETTER,
        _LOADED,
        f"{_FRESH}; with end_time theirs gives other keys, and count seconds in place of count bars; all"
        " times are UTC here",
    ),
    Served("PocketOptionAsync.get_candles", BETTER, _LOADED, f"{_FRESH}; offset is the number of bars"),
    Served(
        "PocketOptionAsync.get_candles_advanced",
        BETTER,
        "await rt.client.candles(asset, period, count=count, end=end)",
        "offset is in seconds and time by the venue's clock, as there; is_closed is false for a"
        " bar that forms",
    ),
    Served(
        "PocketOptionAsync.history",
        BETTER,
        _LOADED,
        f"{_FRESH}; 100 bars and the one that forms, in UTC",
    ),
    Served(
        "PocketOptionAsync.compile_candles",
        BETTER,
        _LOADED,
        f"{_FRESH}; bars of any period and the one that forms, in UTC",
    ),
    Served(
        "PocketOptionAsync.ticks",
        BETTER,
        "await rt.client.tick_history(asset, seconds=seconds)",
        f"{_FRESH}; one price for each second, stamped in UTC",
    ),
    Served(
        "PocketOptionAsync.get_ticks",
        BETTER,
        "await rt.client.tick_history(asset, seconds=seconds)",
        f"{_FRESH}; one price for each second, stamped in UTC",
    ),
    Served(
        "PocketOptionAsync.get_candles_live",
        BETTER,
        "async for bar in rt.client.bars(asset, period, history=count)",
        "no hole between history and ticks, nor after a reconnect; errors are raised",
    ),
    Served(
        "PocketOptionAsync.stream_candles",
        BETTER,
        "async for bar in rt.client.bars(asset, period, history=count)",
        "as get_candles_live",
    ),
    Served("PocketOptionAsync.subscribe_ticks", BETTER, _TICKS, "it survives a reconnect"),
    Served("PocketOptionAsync.subscribe_symbol", BETTER, _TICKS, "it survives a reconnect"),
    Served("PocketOptionAsync.subscribe_symbol_chunked", BETTER, _TICKS, "it survives a reconnect"),
    Served("PocketOptionAsync.subscribe_symbol_timed", BETTER, _TICKS, "it survives a reconnect"),
    Served("PocketOptionAsync.subscribe_symbol_time_aligned", BETTER, _TICKS, "it survives a reconnect"),
    Served(
        "PocketOptionAsync.unsubscribe",
        BETTER,
        "await rt.client.unsubscribe_ticks(asset)",
        "the venue is told; theirs only stops to listen",
    ),
)

RAW: Final = (
    Served("PocketOptionAsync.send_raw", SAME, _RAW, "a text that is no message of the venue raises"),
    Served("PocketOptionAsync.send_raw_message", SAME, _RAW),
    Served("PocketOption.raw_send", BETTER, "runtime.client.send_raw(text)", "theirs is in no class"),
    Served(
        "PocketOptionAsync.subscribe_raw",
        BETTER,
        _WIRE,
        "a slow reader holds up nothing; the session in a message is ***",
    ),
    Served("PocketOptionAsync.raw_handler", SAME, _WIRE, "keep_alive is also sent at once"),
    Served("PocketOptionAsync.create_raw_handler", SAME, _WIRE, "keep_alive is also sent at once"),
    Served(
        "PocketOptionAsync.raw_request",
        BETTER,
        _REQUEST,
        "it has a limit, and the answer is one of the connection that was asked",
    ),
    Served("PocketOptionAsync.create_raw_order", BETTER, _REQUEST, "theirs has no limit"),
    Served("PocketOptionAsync.create_raw_order_with_timeout", SAME, _REQUEST),
    Served(
        "PocketOptionAsync.create_raw_order_with_timeout_and_retry",
        SAME,
        _REQUEST,
        "three tries, each with the timeout",
    ),
    Served("PocketOptionAsync.raw_stream", SAME, _WIRE, "it ends when the timeout is over"),
    Served("PocketOptionAsync.create_raw_iterator", SAME, _WIRE, "it ends when the timeout is over"),
    Served("RawHandler.send_text", SAME, _RAW),
    Served(
        "RawHandler.send_binary",
        NOT_SERVED,
        _RAW,
        "raises NotAllowedError, since the venue takes no binary messages: use send_text",
    ),
    Served(
        "RawHandler.send_and_wait",
        BETTER,
        _REQUEST,
        "only what comes after the message is an answer, within timeout_secs",
    ),
    Served("RawHandler.wait_next", SAME, _WIRE),
    Served("RawHandler.subscribe", SAME, _WIRE, "with and without await: there are scripts of both forms"),
    Served("RawHandler.id", SAME, _WIRE),
    Served("RawHandler.close", BETTER, _WIRE, "it closes; theirs does nothing"),
    Served("RawHandle.create", SAME, _WIRE),
    Served("RawHandle.remove", SAME, _WIRE),
    Served(
        "RawPocketOption",
        SAME,
        "AsyncRuntime",
        "all methods of PocketOptionAsync with their answers as JSON, new_... and create_... too",
    ),
    Served(
        "Validator",
        BETTER,
        "re and str",
        "regex is that of Python; custom may return anything that is true or false; equal ones are equal",
    ),
    Served("RawValidator", BETTER, "re and str", "All, Any and Not can be made by name"),
)

OTHER: Final = (
    Served(
        "Config",
        SAME,
        "Config of runtime",
        "urls, reconnect_time, timeouts, max_allowed_loops, proxy, user_agent and origin count, where theirs"
        " ignores most of them",
    ),
    Served(
        "Config.sec_websocket_extensions",
        NOT_SERVED,
        "leave it out",
        "raises InvalidParameterError: it cannot be set, and had no effect there",
    ),
    Served(
        "Config.tls_cipher_suites",
        NOT_SERVED,
        "connection.ssl_minimum",
        "raises InvalidParameterError: it cannot be set, and had no effect there",
    ),
    Served(
        "Config.tls_alpn",
        NOT_SERVED,
        "leave it out",
        "raises InvalidParameterError unless it is http/1.1, which is what is spoken",
    ),
    Served("Trade", SAME, "Deal", "the same 28 keys and types"),
    Served("tracing", SAME, "loguru", "start_logs, Logger, LogBuilder and LogSubscription"),
    Served("start_logs", SAME, "logger.add(path) of loguru", "the files have the lines of tellwire"),
    Served("start_tracing", SAME, "logger.add(path) of loguru"),
    Served("LogBuilder", SAME, "logger.add(sink) of loguru"),
    Served("LogSubscription", SAME, "logger.add(sink) of loguru"),
    Served("Logger", SAME, "logger of loguru", "without start_logs, warnings are shown"),
    Served(
        "PyBot",
        BETTER,
        "a coroutine over rt.ticks",
        "it takes PocketOptionAsync too; coroutine functions are awaited; an asset that fails ends run",
    ),
    Served("PyStrategy", BETTER, "your own class", "a wait in a function holds up no tick"),
    Served("PyContext", BETTER, "rt", "it has sell, result and client too"),
    Served(
        "PyVirtualMarket",
        BETTER,
        "Runtime(config, practice=True)",
        "the bot tells it the prices, and a result is that of the trade's end; theirs is a profit of 0 at"
        " once",
    ),
    Served("Action", SAME, "Direction"),
    Served(
        "login",
        NOT_SERVED,
        "the session of your browser",
        "raises LoginError: it drives a browser through the venue's page, with your password",
    ),
    Served("login_async", NOT_SERVED, "the session of your browser", "raises LoginError, as login"),
    Served("CloseOption", NOT_SERVED, "BinaryOptionsToolsV2", "raises NotAllowedError: it is another venue"),
    Served(
        "CloseOptionAsync", NOT_SERVED, "BinaryOptionsToolsV2", "raises NotAllowedError: it is another venue"
    ),
    Served(
        "RawCloseOption", NOT_SERVED, "BinaryOptionsToolsV2", "raises NotAllowedError: it is another venue"
    ),
)

NAMES: Final = (
    *(
        Served(f"Config.{name}", SAME, "Config.model_validate(settings)")
        for name in ("from_dict", "from_json", "to_dict", "to_json", "update", "pyconfig")
    ),
    *(
        Served(f"Config.{name}", SAME, "a field of Config")
        for name in ("urls", "timeout_secs", "reconnect_time", "terminal_logging", "log_level")
    ),
    *(
        Served(name, SAME, "RequestError and the errors below it")
        for name in ("PocketOptionError", "InvalidParameterError", "NotAllowedError", "UninitializedError")
    ),
    Served("TradeNotFoundError", SAME, "RequestRefused", "nothing raises it, as there"),
    *(
        Served(name, SAME, "EventStream")
        for name in ("AsyncSubscription", "SyncSubscription", "StreamIterator", "SyncCandleLiveIterator")
    ),
    *(
        Served(name, SAME, "EventStream")
        for name in ("AsyncRawSubscription", "SyncRawSubscription", "RawStreamIterator")
    ),
    Served("PocketOptionAsync.client", SAME, "AsyncRuntime", "a RawPocketOption"),
    Served("RawHandler", SAME, _WIRE),
    Served("RawHandle", SAME, _WIRE),
    Served("RawHandlerSync", SAME, "runtime.client.send_raw(text)", "as RawHandler, without await"),
    Served("PyConfig", SAME, "Config"),
    Served("TradeResult", SAME, "Deal"),
    Served("StreamLogsIterator", SAME, "logger.add(sink) of loguru"),
    Served("StreamLogsLayer", SAME, "logger.add(sink) of loguru", "none can be made, as there"),
)


def _blocking(row: Served) -> Served:
    """The row of the client that blocks."""
    becomes = row.becomes.replace("await rt.", "runtime.")
    becomes = becomes.replace("async for tick in rt.ticks(", "for tick in runtime.client.ticks(")
    becomes = becomes.replace("async for bar in rt.", "for bar in runtime.")
    name = row.name.replace("PocketOptionAsync.", "PocketOption.").replace("RawHandler.", "RawHandlerSync.")
    return row._replace(name=name, becomes=becomes)


_AWAITED: Final = (*CLIENT, *ORDERS, *MARKET, *RAW)

METHODS: Final = (
    *_AWAITED,
    *OTHER,
    *NAMES,
    *(_blocking(row) for row in _AWAITED if row.name.startswith(("PocketOptionAsync.", "RawHandler."))),
)
