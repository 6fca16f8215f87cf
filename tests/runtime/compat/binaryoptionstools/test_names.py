"""Each name and argument that a script for BinaryOptionsToolsV2 may use is there."""

import ast
import asyncio
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from runtime.compat import binaryoptionstools
from runtime.compat.binaryoptionstools import (
    CloseOption,
    CloseOptionAsync,
    NotAllowedError,
    PocketOption,
    PocketOptionAsync,
    RawCloseOption,
    login,
    login_async,
)
from runtime.compat.binaryoptionstools.methods import METHODS
from runtime.compat.binaryoptionstools.pocketoption.tools import LoginError

SESSION = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":1,"platform":2}]'
NAMES = {
    "binaryoptionstools": "login login_async PocketOptionAsync PocketOption RawHandler RawHandlerSync "
    "Validator Trade TradeResult CloseOptionAsync CloseOption AsyncSubscription "
    "AsyncRawSubscription SyncSubscription SyncRawSubscription tracing validator "
    "config pocketoption closeoption RawPocketOption RawValidator RawHandle Logger "
    "LogBuilder PyConfig Config PyBot PyStrategy PyContext PyVirtualMarket Action "
    "StreamLogsIterator StreamLogsLayer StreamIterator RawStreamIterator "
    "RawCloseOption start_tracing PocketOptionError InvalidParameterError "
    "NotAllowedError TradeNotFoundError UninitializedError",
    "binaryoptionstools.pocketoption": "asynchronous synchronous login login_async PocketOptionAsync"
    " PocketOption RawHandler RawHandlerSync Validator Trade TradeResult",
    "binaryoptionstools.pocketoption.asynchronous": "PocketOptionAsync AsyncSubscription AsyncRawSubscription"
    " RawHandler Validator Config Trade TradeResult",
    "binaryoptionstools.pocketoption.synchronous": "PocketOption PocketOptionAsync SyncSubscription"
    " SyncRawSubscription SyncCandleLiveIterator RawHandlerSync Validator Config Trade TradeResult",
    "binaryoptionstools.pocketoption.models": "Trade TradeResult",
    "binaryoptionstools.pocketoption.tools": "LoginError login login_async",
    "binaryoptionstools.pocketoption.tools.login": "LoginError login login_async",
    "binaryoptionstools.closeoption": "CloseOptionAsync CloseOption AsyncSubscription AsyncRawSubscription"
    " SyncSubscription SyncRawSubscription",
    "binaryoptionstools.config": "Config",
    "binaryoptionstools.validator": "Validator",
    "binaryoptionstools.tracing": "Logger LogBuilder LogSubscription start_logs",
}

CLIENT = """
buy(asset, amount, time, check_win)
sell(asset, amount, time, check_win)
check_win(id, timeout_seconds)
get_deal_end_time(trade_id)
candles(asset, period, count, end_time)
get_candles(asset, period, offset)
get_candles_advanced(asset, period, offset, time)
get_candles_live(asset, period, hours, max_rows)
stream_candles(asset, period, history, max_rows)
ticks(asset, seconds)
get_ticks(asset, lookback_seconds)
compile_candles(asset, custom_period, lookback_period)
history(asset, period)
balance()
opened_deals()
closed_deals()
clear_closed_deals()
open_pending_order(open_type, amount, asset, open_time, open_price, timeframe, min_payout, command)
cancel_pending_order(ticket)
cancel_pending_orders(tickets)
get_pending_deals()
payouts()
payout(asset)
active_assets()
send_raw(message)
send_raw_message(message)
subscribe_raw()
subscribe_ticks(asset, chunk_size, interval, aligned)
subscribe_symbol(asset)
subscribe_symbol_chunked(asset, chunk_size)
subscribe_symbol_timed(asset, time)
subscribe_symbol_time_aligned(asset, time)
unsubscribe(asset)
get_server_time()
wait_for_assets(timeout)
is_demo()
is_connected()
is_ssid_valid()
disconnect()
connect()
reconnect()
shutdown()
try_demo(token)
raw_handler(validator, keep_alive)
create_raw_handler(validator, keep_alive)
raw_request(message, validator, timeout, retry)
raw_stream(message, validator, timeout)
create_raw_order(message, validator)
create_raw_order_with_timeout(message, validator, timeout)
create_raw_order_with_timeout_and_retry(message, validator, timeout)
create_raw_iterator(message, validator, timeout)
"""
ONE_DEAL: dict[type[object], str] = {
    PocketOptionAsync: "get_opened_deal(id)\nget_closed_deal(id)",
    PocketOption: "get_opened_deal(trade_id)\nget_closed_deal(trade_id)\nclose()\nraw_send(message)",
}
HANDLER = """
id()
send_text(message)
send_binary(data)
send_and_wait(message)
wait_next()
subscribe()
close()
"""
OTHERS = {
    "RawPocketOption": """
    create(ssid)
    create_with_url(ssid, url)
    create_with_config(ssid, config)
    create_try_demo(token)
    new_with_url(ssid, url)
    new_with_config(ssid, config)
    new_try_demo(token)
    wait_for_assets(timeout_secs)
    buy(asset, amount, time)
    sell(asset, amount, time)
    check_win(trade_id)
    get_deal_end_time(trade_id)
    get_opened_deal(trade_id)
    get_closed_deal(trade_id)
    opened_deals()
    closed_deals()
    clear_closed_deals()
    candles(asset, period)
    get_candles(asset, period, offset)
    get_candles_advanced(asset, period, offset, time)
    history(asset, period)
    compile_candles(asset, custom_period, lookback_period)
    get_ticks(asset, lookback_seconds)
    balance()
    open_pending_order(open_type, amount, asset, open_time, open_price, timeframe, min_payout, command)
    cancel_pending_order(ticket)
    cancel_pending_orders(tickets)
    get_pending_deals()
    payout()
    active_assets()
    subscribe_symbol(symbol)
    subscribe_symbol_chunked(symbol, chunk_size)
    subscribe_symbol_timed(symbol, time)
    subscribe_symbol_time_aligned(symbol, time)
    unsubscribe(asset)
    subscribe_raw()
    send_raw(message)
    send_raw_message(message)
    create_raw_order(message, validator)
    create_raw_order_with_timeout(message, validator, timeout)
    create_raw_order_with_timeout_and_retry(message, validator, timeout)
    create_raw_iterator(message, validator, timeout)
    create_raw_handler(validator, keep_alive)
    get_server_time()
    is_demo()
    is_connected()
    disconnect()
    connect()
    reconnect()
    shutdown()
    """,
    "RawHandler": HANDLER,
    "RawHandlerSync": HANDLER,
    "RawHandle": "create(validator, keep_alive_message)\nremove(id)",
    "Config": "from_dict(config_dict)\nfrom_json(json_str)\nto_dict()\nto_json()\nupdate(config_dict)",
    "Validator": "regex(pattern)\nstarts_with(prefix)\nends_with(suffix)\ncontains(substring)\nne(validator)"
    "\nall(validators)\nany(validators)\ncustom(func)\ncheck(message)",
    "RawValidator": "new()\nregex(pattern)\nstarts_with(pattern)\nends_with(pattern)\ncontains(pattern)"
    "\nne(validator)\nall(validators)\nany(validators)\ncustom(func)\ncheck(msg)",
    "LogBuilder": "create_logs_iterator(level, timeout)\nlog_file(path, level)\nterminal(level)\nbuild()",
    "Logger": "debug(message)\ninfo(message)\nwarn(message)\nerror(message)",
    "PyBot": "with_update_interval(millis)\nadd_asset(asset, period)\nrun()",
    "PyStrategy": "on_start(ctx)\non_candle(ctx, asset, candle_json)\non_balance(ctx, balance)"
    "\ntrade(ctx, asset, amount, timeframe, direction)\nresult(ctx, id)\nadd(name, indicator)\nget(name)"
    "\nlist_indicators()\nupdate(candle)\nreset()\nperiod()",
    "PyContext": "buy(asset, amount, time)\nbalance()",
    "PyVirtualMarket": "update_price(asset, price)",
    "Trade": "to_dict()",
    "SyncCandleLiveIterator": "close()",
}


def calls(text: str) -> list[tuple[str, list[str]]]:
    """Names and arguments of what is written as ``name(argument, argument)`` in lines."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        call = ast.parse(line, mode="eval").body
        assert isinstance(call, ast.Call)
        found.append((ast.unparse(call.func), list(map(ast.unparse, call.args))))
    return found


def assert_takes(owner: type, text: str) -> None:
    for name, arguments in calls(text):
        parameters = inspect.signature(getattr(owner, name)).parameters
        assert [each for each in parameters if each != "self"] == arguments, f"{owner.__name__}.{name}"


@pytest.mark.parametrize("module", NAMES)
def test_a_module_has_their_names(module: str) -> None:
    found = importlib.import_module(f"runtime.compat.{module}")
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


@pytest.mark.parametrize("client", [PocketOptionAsync, PocketOption])
def test_a_client_has_their_methods_and_arguments(client: type[object]) -> None:
    assert_takes(client, CLIENT + ONE_DEAL[client])
    assert list(inspect.signature(client).parameters)[:3] == ["ssid", "url", "config"]
    client_of: Callable[..., Any] = client
    with pytest.raises(ValueError, match="paste the whole message"):
        client_of("garbage", nonsense="is left out")


@pytest.mark.parametrize("name", OTHERS)
def test_another_class_has_their_methods_and_arguments(name: str) -> None:
    owners = [binaryoptionstools, importlib.import_module("runtime.compat.binaryoptionstools._streams")]
    [owner] = {vars(each)[name] for each in owners if name in vars(each)}
    assert_takes(owner, OTHERS[name])


def test_the_table_has_a_row_for_each_method_of_a_client() -> None:
    rows = {row.name for row in METHODS}
    assert len(rows) == len(METHODS)
    for name, _ in calls(CLIENT + ONE_DEAL[PocketOptionAsync]):
        assert {f"PocketOptionAsync.{name}", f"PocketOption.{name}"} <= rows
    for name, _ in calls(OTHERS["RawHandler"]):
        assert f"RawHandler.{name}" in rows
    assert all(row.note for row in METHODS if row.how != "same")


def test_each_row_of_the_table_is_there() -> None:
    # Some attributes are of what is made, not of its class. Outside of a loop a client does not connect.
    made = {"PocketOptionAsync": PocketOptionAsync(SESSION), "Config": binaryoptionstools.Config()}
    for row in METHODS:
        owner, _, attribute = row.name.partition(".")
        found = made.get(owner) or getattr(binaryoptionstools, owner)
        assert not attribute or hasattr(found, attribute), row.name


def test_what_is_not_served_says_why_and_what_to_do() -> None:
    for made in (CloseOption, CloseOptionAsync, RawCloseOption):
        with pytest.raises(NotAllowedError, match="another venue"):
            made("token", demo=True)
    with pytest.raises(LoginError, match="Log in with a browser"):
        login("me@example.com", "secret", demo=True)
    with pytest.raises(LoginError, match="Log in with a browser"):
        asyncio.run(login_async("me@example.com", "secret", backend="auto"))


def test_a_star_import_brings_their_names() -> None:
    space: dict[str, object] = {}
    exec("from runtime.compat.binaryoptionstools import *", space)
    theirs = set(NAMES["binaryoptionstools"].split()) - {"config", "pocketoption", "closeoption"}
    assert theirs - set(space) == set()
