"""The configuration: one YAML file, checked as a whole before anything starts."""

from actors.rates import Rate
from runtime.config.effective import effective_yaml
from runtime.config.loader import load, load_text
from runtime.config.models import Config
from runtime.config.schema import json_schema
from runtime.config.sections.account import AccountConfig
from runtime.config.sections.batching import BatchingConfig
from runtime.config.sections.candles import CandlesConfig
from runtime.config.sections.connection import ConnectionConfig
from runtime.config.sections.control import ControlConfig
from runtime.config.sections.health import HealthConfig
from runtime.config.sections.limits import LimitsConfig
from runtime.config.sections.log import LogConfig
from runtime.config.sections.orders import OrdersConfig
from runtime.config.sections.pool import PoolConfig
from runtime.config.sections.practice import PracticeConfig
from runtime.config.sections.reconnect import ReconnectConfig
from runtime.config.sections.regions import RegionEntry, RegionsConfig
from runtime.config.sections.streams import StreamConfig
from runtime.config.sections.supervision import SupervisionConfig

__all__ = [
    "AccountConfig",
    "BatchingConfig",
    "CandlesConfig",
    "Config",
    "ConnectionConfig",
    "ControlConfig",
    "HealthConfig",
    "LimitsConfig",
    "LogConfig",
    "OrdersConfig",
    "PoolConfig",
    "PracticeConfig",
    "Rate",
    "ReconnectConfig",
    "RegionEntry",
    "RegionsConfig",
    "StreamConfig",
    "SupervisionConfig",
    "effective_yaml",
    "json_schema",
    "load",
    "load_text",
]
