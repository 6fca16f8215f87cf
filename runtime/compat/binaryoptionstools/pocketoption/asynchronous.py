"""The client for event loops, by its place there."""

from runtime.compat.binaryoptionstools._messages import AsyncRawSubscription
from runtime.compat.binaryoptionstools._streams import AsyncSubscription
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.config import Config
from runtime.compat.binaryoptionstools.raw_handler import RawHandler
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult
from runtime.compat.binaryoptionstools.validator import Validator

__all__ = [
    "AsyncRawSubscription",
    "AsyncSubscription",
    "Config",
    "PocketOptionAsync",
    "RawHandler",
    "Trade",
    "TradeResult",
    "Validator",
]
