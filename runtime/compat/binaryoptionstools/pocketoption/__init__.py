"""The clients of the venue."""

from runtime.compat.binaryoptionstools._login import login, login_async
from runtime.compat.binaryoptionstools._sync_raw_calls import RawHandlerSync
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.pocketoption import asynchronous, synchronous
from runtime.compat.binaryoptionstools.raw_handler import RawHandler
from runtime.compat.binaryoptionstools.sync_client import PocketOption
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult
from runtime.compat.binaryoptionstools.validator import Validator

__all__ = [
    "PocketOption",
    "PocketOptionAsync",
    "RawHandler",
    "RawHandlerSync",
    "Trade",
    "TradeResult",
    "Validator",
    "asynchronous",
    "login",
    "login_async",
    "synchronous",
]
