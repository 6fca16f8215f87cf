"""The client for threads, by its place there."""

from runtime.compat.binaryoptionstools._streams import (
    SyncCandleLiveIterator,
    SyncRawSubscription,
    SyncSubscription,
)
from runtime.compat.binaryoptionstools._sync_raw_calls import RawHandlerSync
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.config import Config
from runtime.compat.binaryoptionstools.sync_client import PocketOption
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult
from runtime.compat.binaryoptionstools.validator import Validator

__all__ = [
    "Config",
    "PocketOption",
    "PocketOptionAsync",
    "RawHandlerSync",
    "SyncCandleLiveIterator",
    "SyncRawSubscription",
    "SyncSubscription",
    "Trade",
    "TradeResult",
    "Validator",
]
