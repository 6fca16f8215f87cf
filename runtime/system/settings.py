"""The settings of the actors, made from the configuration."""

import functools
import hashlib
import importlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from actors import venues
from actors.candles.single_flight import PageSizes
from actors.health.stream_monitor import HealthSettings
from actors.health.tick_rate import StalenessBounds
from actors.messages.commands import (
    Command,
    GetBalance,
    GetPayout,
    LoadTicks,
    TradingCommand,
)
from actors.messages.owners import FILE, PROGRAM, Owner
from actors.messages.workers import ConnectionSettings, RecordingSettings
from actors.network import TlsSettings
from actors.orders.pre_trade_checks import OrderLimits
from actors.outbound.batching import BatchSettings
from actors.outbound.members import PoolPlan
from actors.rates import Allowance
from actors.supervision.backoff import Backoff, Wait, exponential, linear
from actors.supervision.children import OutageSettings, Plan
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.transport.address import is_loopback
from actors.values import AccountKind, LogLevel, Region, Secret
from actors.venues.base import NO_TRADING, Login, OrderRules, Profile, Trading
from runtime.config import (
    BatchingConfig,
    Config,
    HealthConfig,
    LimitsConfig,
    OrdersConfig,
    PoolConfig,
    ReconnectConfig,
)
from runtime.config.sections.account import DEFAULT_VENUE
from runtime.practice.session_mark import SESSION_MARK
from runtime.recording.kept_settings import kept_settings
from runtime.storage.account import JournalAccount
from runtime.system.folders import state_folder
from runtime.version import version


def regions_for(config: Config, login: Login) -> tuple[Region, ...]:
    """The configured regions of the account's kind: a demo session never meets a live host, and a guest none
    that knows no guests."""
    serves = venues.venue(config.account.venue).serves
    entries = [each for each in config.regions.of(login.account) if serves(each.url, login)]
    return tuple(Region(entry.name, entry.url, entry.priority) for entry in entries)


OF_THE_NETWORK: Final = (
    "open_timeout",
    "ping_interval",
    "ping_timeout",
    "close_timeout",
    "keep_alive_interval",
    "inbound_linger",
    "message_timeout",
)
"""The durations of ``connection``: the network has no other clock than ours."""


def at_speed(config: Config, speed: float) -> Config:
    """``config`` for actors whose clock runs ``speed`` times as fast as ours: what waits for a network, or
    for another program, has as long as ever."""
    if speed == 1:
        return config
    connection = config.connection
    longer = {name: getattr(connection, name) * speed for name in OF_THE_NETWORK}
    return config.model_copy(update={"connection": connection.model_copy(update=longer)})


def worker_names(config: Config) -> tuple[str, ...]:
    """Of the worker processes; none if connections live in the main process."""
    return tuple(f"worker-{number}" for number in range(1, config.pool.workers + 1))


def make_plan(config: Config, login: Login, regions: Sequence[Region]) -> Plan:
    """What the supervisor keeps alive: connections, assigned to the workers or to the main process."""
    supervision = config.supervision
    workers = worker_names(config)
    reconnect = config.reconnect
    return Plan(
        workers=workers or ("main",),
        in_process=not workers,
        connections=connection_names(config.pool),
        kept=config.pool.kept,
        dialing=dial_settings(config, regions),
        settings=connection_settings(config, login),
        new_backoff=functools.partial(
            Backoff,
            _wait(reconnect),
            reconnect.max_reconnect_attempts,
            login_attempts=config.account.profile.login_attempts,
        ),
        new_intensity=functools.partial(RestartIntensity, supervision.max_restarts, supervision.max_seconds),
        reset_after=reconnect.reset_after,
        heartbeat_timeout=supervision.heartbeat_timeout,
        outage=outage_settings(config.health),
        probes=reconnect.probe_regions,
        refusal_delay=reconnect.refusal_delay,
        login_attempts=config.account.profile.login_attempts,
    )


def dial_settings(config: Config, regions: Sequence[Region]) -> DialSettings:
    """Which regions to dial, and how often."""
    return DialSettings(tuple(regions), tuple(config.limits.connects))


class LiveSettings(NamedTuple):
    """Every setting that a reload may change, in the form that its actor takes.

    ``periods`` are the periods of the configured streams in seconds, by asset.
    """

    allowance: Allowance
    batches: BatchSettings
    health: HealthSettings
    outage: OutageSettings
    dialing: DialSettings
    periods: dict[str, int]
    log_level: LogLevel
    orders: OrderLimits


def live_settings(config: Config, regions: Sequence[Region]) -> LiveSettings:
    """Those of ``config``, whose connections dial ``regions``."""
    return LiveSettings(
        allowance=limiter_allowance(config.limits),
        batches=batch_settings(config.batching),
        health=health_settings(config.health),
        outage=outage_settings(config.health),
        dialing=dial_settings(config, regions),
        periods={stream.asset: stream.period for stream in config.streams},
        log_level=config.log.level,
        orders=order_limits(config.orders, (config.account.profile.trading or NO_TRADING).rules),
    )


def stream_owner(config: Config) -> Owner:
    """The owner of the streams of ``config``: the file that it was read from, or else the program."""
    return PROGRAM if config.file is None else FILE


def pool_plan(pool: PoolConfig) -> PoolPlan:
    """How large the pool is, and what it keeps open."""
    return PoolPlan(
        names=connection_names(pool),
        kept=pool.kept,
        standby=pool.standby,
        streams_per_connection=pool.streams_per_connection,
        idle_timeout=pool.idle_timeout,
    )


def connection_names(pool: PoolConfig) -> tuple[str, ...]:
    """The names of all connections that the pool may open."""
    return tuple(f"connection-{number}" for number in range(1, pool.most + 1))


def limiter_allowance(limits: LimitsConfig) -> Allowance:
    """The rates of the limiter."""
    return Allowance(tuple(limits.messages), limits.max_concurrent_operations)


def batch_settings(batching: BatchingConfig) -> BatchSettings:
    """The limits of a batch."""
    return BatchSettings(batching.batch_size, batching.batch_timeout)


def order_limits(orders: OrdersConfig, rules: OrderRules) -> OrderLimits:
    """Which orders the desk accepts."""
    return OrderLimits(
        minimum_amount=Decimal(orders.minimum_amount),
        maximum_amount=Decimal(orders.maximum_amount),
        maximum_duration=orders.maximum_duration,
        maximum_open=orders.maximum_open,
        verdict_delay=orders.verdict_delay,
        amount_step=rules.amount_step,
        daily_loss=None if orders.daily_loss is None else Decimal(orders.daily_loss),
        daily_orders=orders.daily_orders,
        minimum_payout=orders.minimum_payout,
    )


def health_settings(health: HealthConfig) -> HealthSettings:
    """When a stream is stale, and how often its connection may be replaced for that."""
    return HealthSettings(StalenessBounds(health.stale_floor, health.stale_after), health.reconnects_per_hour)


def page_sizes(profile: Profile) -> PageSizes:
    """What one request for history brings; a venue without a history of ticks is never asked for it."""
    return PageSizes(profile.candles_per_request, profile.ticks_span or 1.0)


def outage_settings(health: HealthConfig) -> OutageSettings:
    """When it is an outage that no connection is up."""
    return OutageSettings(health.outage_after)


def has_orders(config: Config) -> bool:
    """Whether orders can be placed: its venue has them, and it is no feed."""
    return config.orders_on is None and config.account.profile.trading is not None


def trading_of(config: Config) -> Trading:
    """How orders are placed; ``NO_TRADING`` if they cannot be."""
    trading = config.account.profile.trading
    return trading if trading is not None and has_orders(config) else NO_TRADING


def unserved(config: Config) -> dict[type[Command], str]:
    """Why the router refuses commands of these kinds, whatever is in them."""
    refused: dict[type[Command], str] = {}
    profile = config.account.profile
    if config.orders_on is not None:
        accounts = f": ask {' or '.join(config.orders_on)}" if config.orders_on else ""
        text = f"{config.name} is a feed, which has no orders{accounts}"
        refused |= dict.fromkeys((TradingCommand, GetBalance), text)
    if not profile.trading:
        refused |= dict.fromkeys((TradingCommand, GetBalance, GetPayout), f"{profile.title} has no orders")
    if profile.ticks_span is None:
        refused[LoadTicks] = f"{profile.title} has no history of ticks; LoadCandles loads its bars"
    return refused


def live_guard(login: Login, *, allow_live: bool) -> str:
    """Why every order and pending order of this login is refused; ``""`` if they are sent."""
    if login.account is not AccountKind.LIVE or allow_live:
        return ""
    return "the session is live, and orders stake real money only with account.allow_live: true, or --live"


def journal_path(config: Config, login: Login | None) -> Path:
    """The configured file, or one for each account in the user's state folder. Raises ``Halted`` if there is
    no such folder."""
    if config.orders.journal:
        return config.path(config.orders.journal)
    return _folder_of(config, login) / journal_name(config, login)


def ends_with_its_exchange(config: Config, login: Login | None) -> bool:
    """Whether the account is that of a practice exchange, which is a program of its own on this machine."""
    return login is not None and SESSION_MARK in login.secret.value and _is_here(config, login)


def _folder_of(config: Config, login: Login | None) -> Path:
    return state_folder() / "practice" if ends_with_its_exchange(config, login) else state_folder()


def _is_here(config: Config, login: Login) -> bool:
    """Whether all regions are on this machine: then the venue is an exchange for tests."""
    hosts = [urlsplit(region.url).hostname for region in regions_for(config, login)]
    return bool(hosts) and all(is_loopback(host or "") for host in hosts)


def journal_account(config: Config, login: Login | None) -> JournalAccount:
    """Whose the journal is; without a ``login``, the embedded practice exchange's."""
    venue = config.account.venue
    return JournalAccount(venue, login.account.value, login.user) if login else JournalAccount.practice(venue)


def account_lock_path(config: Config, login: Login) -> Path:
    """What a runtime locks that trades on the account, wherever its journal is.

    The regions are in its name if all of them are on this machine: then the venue is an exchange for tests,
    and another one may have an account of the same name. Raises ``Halted`` if there is no folder for it.
    """
    name = "-".join((config.account.venue, login.account.value, quote(login.user, safe="")))
    if _is_here(config, login):
        hosts = sorted(urlsplit(region.url).netloc for region in regions_for(config, login))
        name += "-" + hashlib.sha256(repr(hosts).encode()).hexdigest()[:8]
    return _folder_of(config, login) / f"account-{name}"


def journal_name(config: Config, login: Login | None) -> str:
    """The name of the file, unless it is configured: it names the account."""
    kind, user = (login.account, login.user) if login else (AccountKind.DEMO, "0")
    # The default venue's journals are older than the setting that names a venue.
    prefix = "" if config.account.venue == DEFAULT_VENUE else f"{config.account.venue}-"
    return f"orders-{prefix}{kind.value}-{quote(user, safe='')}.sqlite"


def connection_settings(config: Config, login: Login | None) -> ConnectionSettings:
    """How a connection behaves; without a ``login`` a region can be probed, but no session opened. The
    embedded practice exchange, whose login is not the configured one, is not behind the proxy."""
    connection = config.connection
    headers = dict(connection.custom_headers)
    if login is not None:
        written = {name.lower() for name in headers}
        headers |= {name: text for name, text in login.headers.items() if name.lower() not in written}
    return ConnectionSettings(
        venue=config.account.venue,
        secret=login.secret if login else Secret(""),
        origin=connection.origin,
        headers=headers,
        ssl_verify=connection.ssl_verify,
        open_timeout=connection.open_timeout,
        close_timeout=connection.close_timeout,
        ping_interval=connection.ping_interval,
        ping_timeout=connection.ping_timeout,
        keep_alive_interval=connection.keep_alive_interval,
        inbound_linger=connection.inbound_linger,
        max_message_size=connection.max_message_size,
        proxy=connection.parsed_proxy if login is not None and login == config.account.login else None,
        tls=TlsSettings(
            ca_file=_absolute(config, connection.ca_file),
            minimum=connection.ssl_minimum,
            certificate=_absolute(config, connection.client_cert),
            key=_absolute(config, connection.client_key),
            key_password=Secret(connection.client_key_password.get_secret_value()),
        ),
        recording=recording_settings(config) if login is not None else None,
    )


def recording_settings(config: Config) -> RecordingSettings | None:
    """Where to record; ``None``: nowhere."""
    record = config.record
    if not record.folder:
        return None
    folder = str(config.path(record.folder))
    return RecordingSettings(folder, record.rotate, record.keep, version(), kept_settings(config))


def _absolute(config: Config, path: str) -> str:
    return str(config.path(path)) if path else ""


def _wait(reconnect: ReconnectConfig) -> Wait:
    if reconnect.strategy.startswith("custom:"):
        module, _, function = reconnect.strategy.removeprefix("custom:").partition(":")
        custom: Wait = getattr(importlib.import_module(module), function)
        return custom
    strategy = linear if reconnect.strategy == "linear" else exponential
    return strategy(reconnect.reconnect_delay, reconnect.max_delay, jitter=reconnect.jitter)
