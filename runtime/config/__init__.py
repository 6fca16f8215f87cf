"""The configuration: one YAML file, checked as a whole before anything starts."""

from runtime.config.effective import effective_yaml
from runtime.config.loader import load, load_text
from runtime.config.models import (
    BatchingConfig,
    Config,
    ConnectionConfig,
    HealthConfig,
    LimitsConfig,
    PoolConfig,
    PracticeConfig,
    ReconnectConfig,
    SupervisionConfig,
)
from runtime.config.operation import ControlConfig, LogConfig
from runtime.config.schema import json_schema
from runtime.config.trading import CandlesConfig, OrdersConfig, StreamConfig
from runtime.config.units import Rate
from runtime.config.venue import AccountConfig, RegionEntry, RegionsConfig

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
