"""Several accounts, and feeds of market data, in one process."""

from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from runtime.config.sections.account import DEFAULT_VENUE
from runtime.config.sections.alerts import AlertsConfig
from runtime.config.sections.batching import BatchingConfig
from runtime.config.sections.candles import CandlesConfig
from runtime.config.sections.cluster import HostId
from runtime.config.sections.connection import ConnectionConfig
from runtime.config.sections.health import HealthConfig
from runtime.config.sections.limits import LimitsConfig
from runtime.config.sections.orders import OrdersConfig
from runtime.config.sections.pool import PoolConfig
from runtime.config.sections.reconnect import ReconnectConfig
from runtime.config.sections.record import RecordConfig
from runtime.config.sections.regions import RegionsConfig
from runtime.config.sections.streams import StreamConfig
from runtime.config.sections.supervision import SupervisionConfig
from runtime.config.types import fields
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.section import Section


class _Written:
    """The settings of a section that differ from those at the top, as they were written. They are checked
    once they are joined with those; the JSON schema is that of the section."""

    def __init__(self, section: Any) -> None:
        self._section = section

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(TypeAdapter(self._section).core_schema)


def _unwritten() -> Any:
    """A default that no JSON schema shows, and, since it may hold a secret, no ``repr``."""
    return Field(default_factory=dict, repr=False)


class _OwnSettings(Section):
    """What an account and a feed may have of their own; a setting that is left out is the one at the top."""

    hosts: list[HostId] = []
    """Of a cluster: those that may have it, the preferred one first; empty: all."""
    regions: Annotated[Any, _Written(RegionsConfig)] = _unwritten()
    """As regions at the top."""
    connection: Annotated[Any, _Written(ConnectionConfig)] = _unwritten()
    """As connection at the top."""
    pool: Annotated[Any, _Written(PoolConfig)] = _unwritten()
    """As pool at the top."""
    reconnect: Annotated[Any, _Written(ReconnectConfig)] = _unwritten()
    """As reconnect at the top."""
    supervision: Annotated[Any, _Written(SupervisionConfig)] = _unwritten()
    """As supervision at the top."""
    limits: Annotated[Any, _Written(LimitsConfig)] = _unwritten()
    """As limits at the top."""
    batching: Annotated[Any, _Written(BatchingConfig)] = _unwritten()
    """As batching at the top."""
    candles: Annotated[Any, _Written(CandlesConfig)] = _unwritten()
    """As candles at the top."""
    health: Annotated[Any, _Written(HealthConfig)] = _unwritten()
    """As health at the top."""
    alerts: Annotated[Any, _Written(AlertsConfig)] = _unwritten()
    """As alerts at the top."""
    record: Annotated[Any, _Written(RecordConfig)] = _unwritten()
    """As record at the top; a folder that is written there has a folder for each account in it."""


class AccountEntry(_OwnSettings):
    """One of several accounts."""

    name: fields.DutyName
    """Its name in logs, metrics, files and commands: unique."""
    venue: str = DEFAULT_VENUE
    """As account.venue, which is the default."""
    session: SecretStr
    """As account.session, but it must be written; '' practises."""
    allow_live: fields.Flag = False
    """As account.allow_live, for this account alone."""
    orders: Annotated[Any, _Written(OrdersConfig)] = _unwritten()
    """As orders at the top; no two accounts share a journal."""
    streams: Annotated[Any, _Written(list[StreamConfig])] = _unwritten()
    """As streams at the top, instead of them."""


class FeedEntry(_OwnSettings):
    """Market data without orders, by a session of its own or with that of an account."""

    name: fields.DutyName
    """As the name of an account, and different from each of them."""
    venue: str = DEFAULT_VENUE
    """As account.venue, for a session of its own."""
    accounts: list[str] = []
    """The accounts whose session it may use; on one host the first of them counts."""
    session: SecretStr = SecretStr("")
    """Instead of accounts: a session of its own, such as a guest's."""
    assets: Annotated[list[str], Field(min_length=1)]
    """What it streams, by the venue's symbols."""
    period: fields.Period = 60
    """Seconds per candle of these streams."""
    standby: Annotated[int, Field(ge=0, le=5), WHOLE_NUMBER] = 0
    """Of a cluster: so many further hosts run it too, and one of them takes it over without the loss of a
    tick. Each logs in; a venue may want a session of its own for each."""
