"""The configuration as typed, frozen values: every duration in seconds, every size in bytes."""

import functools
import os
import pathlib
from typing import Annotated, Literal, TypeVar

from msgspec import Struct
from pydantic import Field, ValidationInfo, field_validator

from actors.values import AccountKind
from actors.venues import venue
from runtime.config import fields, units
from runtime.config.checks import found, repeated
from runtime.config.fields import WHOLE_NUMBER, Duration, Flag, above, below, between, not_above, not_below
from runtime.config.operation import ControlConfig, LogConfig
from runtime.config.problems import Path
from runtime.config.section import Section
from runtime.config.trading import CandlesConfig, OrdersConfig, StreamConfig
from runtime.config.venue import DEFAULTS, AccountConfig, RegionsConfig

_MIB = 1024 * 1024
_STALE_FLOOR = 5.0

GIVEN_UP_AFTER = 5.0
"""Seconds; TCP may deliver the bytes of a killed worker's socket for so long (``TCP_USER_TIMEOUT``)."""


def _same_file(one: str, other: str) -> bool:
    """Whether two paths, relative ones from where we are, lead to the same place."""
    places = {os.path.realpath(os.path.expanduser(path)) for path in (one, other)}  # noqa: PTH111
    return bool(other) and len(places) == 1


_S = TypeVar("_S", bound=Section)


def _filled_in(section: _S, facts: Struct, *names: str) -> _S:
    """``section`` with the venue's own ``facts`` in the fields ``names`` that the file leaves out."""
    unwritten = {name: getattr(facts, name) for name in names if name not in section.model_fields_set}
    return section.model_copy(update=unwritten)


class ConnectionConfig(Section):
    """How one WebSocket behaves."""

    open_timeout: Duration = 10.0
    """For all of connect, TLS, handshake and login."""
    ping_interval: Duration = 20.0
    """A WebSocket ping goes out after this much silence."""
    ping_timeout: Duration = 10.0
    """A connection whose ping is unanswered for this long is given up."""
    close_timeout: Duration = 2.0
    """How long a polite close waits for the venue's."""
    keep_alive_interval: Duration = DEFAULTS.keep_alive_interval
    """Between the venue's own keep-alive messages; the venue hangs up on a client that sends none."""
    inbound_linger: Annotated[fields.Pause, below("ping_timeout", "pongs would be read too late")] = 0.0
    """The least time between two reads of a socket; what comes meanwhile is read in one go, at a fraction of
    the cost. The first after a pause is never held back."""
    message_timeout: fields.Patience = 30.0
    """How long a request waits for its answer unless it says otherwise."""
    ssl_verify: Flag = True
    """Whether the venue's certificate is checked; without it anyone on the way can read the session."""
    origin: fields.Origin = DEFAULTS.origin
    """The site that the handshake claims to come from."""
    custom_headers: fields.Headers = {}
    """Further header fields of the handshake."""
    max_message_size: Annotated[fields.Size, between(_MIB, 1024 * _MIB, units.show_size)] = 16 * _MIB
    """A larger message closes the connection."""


class PoolConfig(Section):
    """How many connections there are, and who runs them."""

    connections: Annotated[int, Field(ge=1, le=64), WHOLE_NUMBER] = 2
    """Connections that are kept open."""
    workers: Annotated[int, Field(ge=0, le=16), WHOLE_NUMBER] = 1
    """Processes that the connections are spread over; 0 keeps them all in the main process."""
    streams_per_connection: Annotated[int, Field(ge=1, le=100), WHOLE_NUMBER] = 4
    """Assets that one connection may stream; the venue's habit is 4."""
    standby: Annotated[int, Field(ge=0, le=63), WHOLE_NUMBER, below("connections")] = 0
    """How many of the connections carry nothing, to take over from one that is lost."""
    mode: Literal["persistent", "regular"] = "persistent"
    """persistent keeps the connections open; regular opens them on first use and closes them when idle."""
    max_connections: Annotated[int, Field(ge=0, le=64), WHOLE_NUMBER] = 0
    """Connections that may be open while streams need them; 0 for no more than connections."""
    idle_timeout: Duration = 60.0
    """How long a connection beyond those kept open may have nothing to do."""

    @field_validator("max_connections")
    @classmethod
    def _must_not_be_fewer(cls, most: int, info: ValidationInfo) -> int:
        if 0 < most < info.data.get("connections", 0):
            raise ValueError("must not be below connections (0 stands for as many)")
        return most

    @property
    def most(self) -> int:
        """Connections that there may be at once."""
        return self.max_connections or self.connections

    @property
    def kept(self) -> int:
        """Connections that are open whether they have something to do or not."""
        return self.connections if self.mode == "persistent" else 0

    @property
    def room(self) -> int:
        """Streams that all connections together can carry."""
        return (self.most - self.standby) * self.streams_per_connection


class ReconnectConfig(Section):
    """What happens after a connection is lost."""

    strategy: fields.Strategy = fields.EXPONENTIAL
    """exponential, linear or 'custom:module:function'."""
    reconnect_delay: Duration = 0.5
    """Before the second attempt; the strategy makes the later ones from it."""
    max_delay: Annotated[Duration, not_below("reconnect_delay")] = 30.0
    """No attempt waits longer."""
    max_reconnect_attempts: Annotated[int, Field(ge=0, le=1_000_000), WHOLE_NUMBER] = 0
    """Attempts until the connection is given up; 0 for never."""
    reset_after: Duration = 30.0
    """A connection that held this long starts counting anew."""
    probe_regions: Annotated[int, Field(ge=0, le=8), WHOLE_NUMBER] = 0
    """Regions of equal priority that are measured at the start; to the venue each is one more connection."""
    refusal_delay: Duration = 5.0
    """Before a refused session is tried a second and last time; a venue in trouble refuses everybody."""
    jitter: Flag = True
    """Whether delays are random, so that connections do not come back in step."""


class SupervisionConfig(Section):
    """How worker processes are watched and stopped."""

    heartbeat_interval: Duration = 1.0
    """Between a worker's signs of life."""
    heartbeat_timeout: Annotated[Duration, above("heartbeat_interval")] = 5.0
    """A worker silent for this long is killed and replaced."""
    max_restarts: Annotated[int, Field(ge=1, le=1000), WHOLE_NUMBER] = 20
    """A worker or connection that dies more often is given up; an attempt that fails does not count."""
    max_seconds: Duration = 60.0
    """The time within which max_restarts are allowed."""
    drain_timeout: Duration = 5.0
    """How long a stop waits for what is under way."""


class LimitsConfig(Section):
    """What the venue is spared; one budget for all connections together."""

    messages: list[fields.Quota] = [units.Rate(10, 1.0), units.Rate(300, 60.0)]
    """Messages sent, each of these rates being kept."""
    connects: list[fields.Quota] = [units.Rate(10, 1.0), units.Rate(120, 60.0)]
    """Attempts to connect, each of these rates being kept."""
    max_concurrent_operations: Annotated[int, Field(ge=1, le=10_000), WHOLE_NUMBER] = 10
    """Requests that may wait for an answer at once."""

    @field_validator("messages", "connects")
    @classmethod
    def _must_be_for_different_times(cls, rates: list[units.Rate]) -> list[units.Rate]:
        periods = [rate.seconds for rate in rates]
        problems: list[tuple[Path, str]] = [
            ((index,), "is a second rate for the same time (keep the lower one)")
            for index, period in enumerate(periods)
            if period in periods[:index]
        ]
        if problems:
            raise found(problems)
        return rates


class BatchingConfig(Section):
    """How messages are joined into one write; an order never waits for it."""

    batch_size: Annotated[int, Field(ge=1, le=1024), WHOLE_NUMBER] = 16
    """Messages that make a full batch."""
    batch_timeout: fields.Pause = 0.005
    """How long a batch may wait to fill; at most 1 s."""


class HealthConfig(Section):
    """How stale data is noticed."""

    check_interval: Duration = 1.0
    """Between two looks at every stream."""
    stale_after: Annotated[Duration, above("check_interval")] = 15.0
    """A stream without a tick for this long is stale, however slow it usually is."""
    stale_floor: Annotated[
        Duration,
        not_above("stale_after", "as long as that, it turns the learning off"),
        Field(json_schema_extra={"default": _STALE_FLOOR}),
    ] = Field(default_factory=lambda settings: min(_STALE_FLOOR, settings.get("stale_after", _STALE_FLOOR)))
    """A stream that usually ticks faster is found stale sooner, but never before this long; as long as
    stale_after, which it is where that is below 5 s, it turns the learning off."""
    reconnects_per_hour: Annotated[int, Field(ge=1, le=3600), WHOLE_NUMBER] = 6
    """How often a connection may be replaced because its streams are silent while its pings go on."""


class PracticeConfig(Section):
    """The embedded exchange, used where no session is set."""

    tick_rate: Annotated[fields.Frequency, between(0.01, 1000, units.show_frequency)] = 2.0
    """Ticks per second and asset."""
    regions: Annotated[int, Field(ge=1, le=16), WHOLE_NUMBER] = 2
    """Addresses it listens on."""
    seed: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 1
    """The same seed quotes the same prices."""


class Config(Section):
    """The whole configuration; without any setting it is valid and runs on the practice exchange."""

    config_version: fields.ConfigVersion = 1
    account: AccountConfig = AccountConfig()
    regions: RegionsConfig = RegionsConfig()
    connection: ConnectionConfig = ConnectionConfig()
    pool: PoolConfig = PoolConfig()
    reconnect: ReconnectConfig = ReconnectConfig()
    supervision: SupervisionConfig = SupervisionConfig()
    limits: LimitsConfig = LimitsConfig()
    batching: BatchingConfig = BatchingConfig()
    orders: OrdersConfig = OrdersConfig()
    candles: CandlesConfig = CandlesConfig()
    health: HealthConfig = HealthConfig()
    streams: list[StreamConfig] = []
    log: LogConfig = LogConfig()
    control: ControlConfig = ControlConfig()
    practice: PracticeConfig = PracticeConfig()

    @functools.cached_property
    def file(self) -> pathlib.Path | None:
        """The file that it was read from, if it was; no setting, so two that differ in it alone are equal."""
        return None

    @functools.cached_property
    def stamp(self) -> tuple[int, ...] | None:
        """The state of ``file`` just before it was read, by ``loader.stamp_of``; no setting either."""
        return None

    @field_validator("regions")
    @classmethod
    def _must_serve_the_account(cls, regions: RegionsConfig, info: ValidationInfo) -> RegionsConfig:
        account: AccountConfig | None = info.data.get("account")
        if account is None:
            return regions
        refuse = venue(account.venue).refuse_region
        problems: list[tuple[Path, str]] = [
            ((kind.value, index, "url"), reason)
            for kind in AccountKind
            for index, entry in enumerate(regions.of(kind))
            if (reason := refuse(entry.url, kind))
        ]
        if account.login and not regions.of(account.login.account):
            kind = account.login.account.value
            mend = "add one, or write account: {session: ''} to practise"
            problems.append(((kind,), f"has no region, but the session is a {kind} session ({mend})"))
        if problems:
            raise found(problems)
        return regions

    @field_validator("connection")
    @classmethod
    def _must_suit_the_venue(cls, connection: ConnectionConfig, info: ValidationInfo) -> ConnectionConfig:
        account: AccountConfig | None = info.data.get("account")
        if account is None:
            return connection
        profile = account.profile
        connection = _filled_in(connection, profile, "origin", "keep_alive_interval")
        limit = profile.keep_alive_within
        if limit is not None and connection.keep_alive_interval >= limit:
            usual = units.show_duration(profile.keep_alive_interval)
            text = f"must be below {limit:g}s, when the venue hangs up ({usual} is usual)"
            raise found([(("keep_alive_interval",), text)])
        return connection

    @field_validator("batching")
    @classmethod
    def _must_leave_time_for_an_answer(cls, batching: BatchingConfig, info: ValidationInfo) -> BatchingConfig:
        connection: ConnectionConfig | None = info.data.get("connection")
        if connection and batching.batch_timeout >= connection.message_timeout:
            text = "must be below connection.message_timeout, or what waits is given up before it leaves"
            raise found([(("batch_timeout",), text)])
        return batching

    @field_validator("orders")
    @classmethod
    def _must_not_judge_live_orders_too_soon(cls, orders: OrdersConfig, info: ValidationInfo) -> OrdersConfig:
        account: AccountConfig | None = info.data.get("account")
        login = account.login if account else None
        if login and login.account is AccountKind.LIVE and orders.verdict_delay <= GIVEN_UP_AFTER:
            text = f"must exceed {GIVEN_UP_AFTER:g}s with a live session (TCP may deliver an order so late)"
            raise found([(("verdict_delay",), text)])
        if account and (trading := account.profile.trading):
            fields_of_rules = ("minimum_amount", "maximum_amount", "maximum_duration")
            return _filled_in(orders, trading.rules, *fields_of_rules)
        return orders

    @field_validator("log")
    @classmethod
    def _must_not_write_into_the_journal(cls, log: LogConfig, info: ValidationInfo) -> LogConfig:
        orders: OrdersConfig | None = info.data.get("orders")
        if orders and log.file and _same_file(log.file, orders.journal):
            raise found([(("file",), "is the file of orders.journal too (give each its own)")])
        return log

    @field_validator("streams")
    @classmethod
    def _must_fit_the_pool(cls, streams: list[StreamConfig], info: ValidationInfo) -> list[StreamConfig]:
        problems = repeated("asset", [stream.asset for stream in streams], "is streamed already")
        pool: PoolConfig | None = info.data.get("pool")
        if pool and len(streams) > pool.room:
            carried = f"{pool.most - pool.standby} x {pool.streams_per_connection}"
            problems.append(
                ((), f"are {len(streams)}, but the pool carries {carried} (raise pool.connections)")
            )
        if problems:
            raise found(problems)
        return streams
