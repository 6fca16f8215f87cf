"""From the configuration to what the supervisor is to keep alive."""

import functools
import importlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from platformdirs import user_state_path

from actors.messages.lifecycle import ConnectionSettings
from actors.policy.admission import Limits
from actors.policy.backoff import Backoff, Wait, exponential, linear
from actors.policy.children import Plan
from actors.policy.liveness import Vigilance
from actors.policy.pace import Tolerance
from actors.values import Region
from actors.wire.ssid import SessionString
from runtime.config import Config, Health, Orders, Reconnect


def regions_for(config: Config, session: SessionString) -> tuple[Region, ...]:
    """The configured regions of the session's kind: a demo session never meets a live host."""
    entries = getattr(config.regions, session.kind.value)
    return tuple(Region(entry.name, entry.url, entry.priority) for entry in entries)


def make_plan(config: Config, session: SessionString, regions: Sequence[Region]) -> Plan:
    """What to keep alive: the pool's connections, dealt out to its workers or to the main process."""
    workers = tuple(f"worker-{number}" for number in range(1, config.pool.workers + 1))
    names = tuple(f"connection-{number}" for number in range(1, config.pool.connections + 1))
    reconnect = config.reconnect
    return Plan(
        hosts=workers or ("main",),
        workers=bool(workers),
        connections=names,
        regions=tuple(regions),
        settings=_settings(config, session),
        new_backoff=functools.partial(Backoff, _wait(reconnect), reconnect.max_reconnect_attempts),
        reset_after=reconnect.reset_after,
        heartbeat_timeout=config.supervision.heartbeat_timeout,
    )


def limits_of(orders: Orders) -> Limits:
    """What the order desk lets pass."""
    return Limits(
        minimum_amount=Decimal(orders.minimum_amount),
        maximum_amount=Decimal(orders.maximum_amount),
        maximum_duration=orders.maximum_duration,
        maximum_open=orders.maximum_open,
        verdict_delay=orders.verdict_delay,
    )


def vigilance_of(health: Health) -> Vigilance:
    """How long the health monitor bears silence, and what it may do about it."""
    return Vigilance(Tolerance(health.stale_floor, health.stale_after), health.reconnects_per_hour)


def journal_path(orders: Orders, session: SessionString) -> Path:
    """The configured file, or one for each account in the user's state folder."""
    if orders.journal:
        return Path(orders.journal).expanduser()
    return user_state_path("tellwire") / f"orders-{session.kind.value}-{session.uid}.sqlite"


def _settings(config: Config, session: SessionString) -> ConnectionSettings:
    connection = config.connection
    headers = dict(connection.custom_headers)
    if session.user_agent and "user-agent" not in map(str.lower, headers):
        headers["User-Agent"] = session.user_agent  # a live session is bound to its browser's (protocol 1.1)
    return ConnectionSettings(
        session=session.auth,
        origin=connection.origin,
        headers=headers,
        ssl_verify=connection.ssl_verify,
        open_timeout=connection.open_timeout,
        close_timeout=connection.close_timeout,
        ping_interval=connection.ping_interval,
        ping_timeout=connection.ping_timeout,
        keep_alive_interval=connection.keep_alive_interval,
        max_message_size=connection.max_message_size,
    )


def _wait(reconnect: Reconnect) -> Wait:
    if reconnect.strategy.startswith("custom:"):
        module, _, function = reconnect.strategy.removeprefix("custom:").partition(":")
        custom: Wait = getattr(importlib.import_module(module), function)
        return custom
    strategy = linear if reconnect.strategy == "linear" else exponential
    return strategy(reconnect.reconnect_delay, reconnect.max_delay, jitter=reconnect.jitter)
