"""The configuration: one YAML file, checked as a whole before anything starts."""

from runtime.config.effective import effective_yaml
from runtime.config.loader import load, load_text
from runtime.config.models import (
    Batching,
    Config,
    Connection,
    Health,
    Limits,
    Pool,
    Practice,
    Reconnect,
    Supervision,
)
from runtime.config.operation import Control, Log
from runtime.config.schema import json_schema
from runtime.config.trading import Candles, Orders, Stream
from runtime.config.units import Rate
from runtime.config.venue import Account, RegionEntry, Regions

__all__ = [
    "Account",
    "Batching",
    "Candles",
    "Config",
    "Connection",
    "Control",
    "Health",
    "Limits",
    "Log",
    "Orders",
    "Pool",
    "Practice",
    "Rate",
    "Reconnect",
    "RegionEntry",
    "Regions",
    "Stream",
    "Supervision",
    "effective_yaml",
    "json_schema",
    "load",
    "load_text",
]
