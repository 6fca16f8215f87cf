"""The names of BinaryOptionsToolsV2, 0.2.13 to 0.2.16: ``docs/migration/binaryoptionstoolsv2.md``.

A script changes its import line, ``from runtime.compat.binaryoptionstools import PocketOptionAsync``, and
runs here. ``config.py``, ``errors.py``, ``tracing.py``, ``validator.py``, ``closeoption.py`` and
``pocketoption/`` are modules of theirs; the other names of theirs are all in this package.

``_runtime.py`` is the runtime of a client in its event loop, ``_settings.py`` its configuration,
``_guest.py`` a login without an account. What a client does is in ``_trading.py``, ``_market.py`` and
``_messages.py``, in dicts that ``_rows.py`` makes; ``_arguments.py`` checks what it is given. Over these
stand ``raw_client.py`` (JSON),
``async_client.py`` (event loops), and over that ``sync_client.py`` (threads) and ``framework.py`` (bots),
which may trade on a ``virtual_market.py``. ``_streams.py`` has the iterators, ``_chunks.py`` how ticks
become bars, ``_live_bars.py`` bars as they form, ``raw_handler.py`` messages as text, which
``_raw_calls.py`` and ``_sync_raw_calls.py`` give to the clients, ``trade.py`` a deal, ``_log_records.py``
the records of the log. ``_login.py`` says why a login by password is not served. ``methods.py`` says what
each method of theirs is here.
"""

import importlib
from typing import Any

from runtime.compat.binaryoptionstools import closeoption, config, errors, tracing, validator
from runtime.compat.binaryoptionstools._login import login, login_async
from runtime.compat.binaryoptionstools._messages import AsyncRawSubscription, RawStreamIterator
from runtime.compat.binaryoptionstools._streams import (
    AsyncSubscription,
    StreamIterator,
    SyncCandleLiveIterator,
    SyncRawSubscription,
    SyncSubscription,
)
from runtime.compat.binaryoptionstools._sync_raw_calls import RawHandlerSync
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.closeoption import CloseOption, CloseOptionAsync, RawCloseOption
from runtime.compat.binaryoptionstools.config import Config, PyConfig
from runtime.compat.binaryoptionstools.errors import (
    InvalidParameterError,
    NotAllowedError,
    PocketOptionError,
    PocketOptionTimeout,
    TradeNotFoundError,
    UninitializedError,
)
from runtime.compat.binaryoptionstools.framework import Action, PyBot, PyContext, PyStrategy
from runtime.compat.binaryoptionstools.raw_client import RawPocketOption
from runtime.compat.binaryoptionstools.raw_handler import RawHandle, RawHandler
from runtime.compat.binaryoptionstools.sync_client import PocketOption
from runtime.compat.binaryoptionstools.tracing import (
    LogBuilder,
    Logger,
    LogSubscription,
    StreamLogsIterator,
    StreamLogsLayer,
    start_logs,
    start_tracing,
)
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult
from runtime.compat.binaryoptionstools.validator import RawValidator, Validator
from runtime.compat.binaryoptionstools.virtual_market import PyVirtualMarket

__all__ = [
    "Action",
    "AsyncRawSubscription",
    "AsyncSubscription",
    "CloseOption",
    "CloseOptionAsync",
    "Config",
    "InvalidParameterError",
    "LogBuilder",
    "LogSubscription",
    "Logger",
    "NotAllowedError",
    "PocketOption",
    "PocketOptionAsync",
    "PocketOptionError",
    "PocketOptionTimeout",
    "PyBot",
    "PyConfig",
    "PyContext",
    "PyStrategy",
    "PyVirtualMarket",
    "RawCloseOption",
    "RawHandle",
    "RawHandler",
    "RawHandlerSync",
    "RawPocketOption",
    "RawStreamIterator",
    "RawValidator",
    "StreamIterator",
    "StreamLogsIterator",
    "StreamLogsLayer",
    "SyncCandleLiveIterator",
    "SyncRawSubscription",
    "SyncSubscription",
    "Trade",
    "TradeNotFoundError",
    "TradeResult",
    "UninitializedError",
    "Validator",
    "closeoption",
    "config",
    "errors",
    "login",
    "login_async",
    "start_logs",
    "start_tracing",
    "tracing",
    "validator",
]


def __getattr__(name: str) -> Any:
    """The folder of theirs whose modules lead to those of this package: it is loaded when it is asked for."""
    if name == "pocketoption":
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
