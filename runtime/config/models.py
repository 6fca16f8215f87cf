"""The configuration as typed, frozen values: every duration in seconds, every size in bytes."""

import contextlib
import functools
import os
import pathlib
from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar

from msgspec import Struct
from pydantic import ModelWrapValidatorHandler, ValidationInfo, field_validator, model_validator

from actors.errors import ConfigInvalid
from actors.transport.address import completed, is_loopback
from actors.values import AccountKind
from actors.venues import venue
from runtime.config.duties import check_each, nearest
from runtime.config.secrets import secrets_of
from runtime.config.sections.account import AccountConfig
from runtime.config.sections.accounts import AccountEntry, FeedEntry
from runtime.config.sections.alerts import AlertsConfig
from runtime.config.sections.batching import BatchingConfig
from runtime.config.sections.candles import CandlesConfig
from runtime.config.sections.cluster import ClusterConfig
from runtime.config.sections.connection import ConnectionConfig
from runtime.config.sections.control import ControlConfig
from runtime.config.sections.health import HealthConfig
from runtime.config.sections.limits import LimitsConfig
from runtime.config.sections.log import LogConfig
from runtime.config.sections.orders import OrdersConfig
from runtime.config.sections.pool import PoolConfig
from runtime.config.sections.practice import PracticeConfig
from runtime.config.sections.reconnect import ReconnectConfig
from runtime.config.sections.record import RecordConfig
from runtime.config.sections.regions import RegionEntry, RegionsConfig
from runtime.config.sections.status import StatusConfig
from runtime.config.sections.streams import StreamConfig
from runtime.config.sections.supervision import SupervisionConfig
from runtime.config.types import fields, units
from runtime.config.types.checks import found, repeated
from runtime.config.types.paths import expanded
from runtime.config.types.problems import EntryMarks, Marks, Path
from runtime.config.types.section import Section
from runtime.logs.scrubber import secrets_in

GIVEN_UP_AFTER = 5.0
"""Seconds for which TCP may deliver the bytes of a killed worker's socket (``TCP_USER_TIMEOUT``)."""

RULES: Final = frozenset({"minimum_amount", "maximum_amount", "maximum_duration"})
"""The settings of ``orders`` that a venue with trading has rules for."""


def _same_file(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether two paths are the same file."""
    return os.path.realpath(one) == os.path.realpath(other)


_S = TypeVar("_S", bound=Section)


def _filled_in(section: _S, facts: Struct, *names: str) -> _S:
    """``section`` with the values of the venue's ``facts`` for those of ``names`` that are not set."""
    unwritten = {name: getattr(facts, name) for name in names if name not in section.model_fields_set}
    return section.model_copy(update=unwritten)


def _completed(regions: RegionsConfig, target: str) -> RegionsConfig:
    """``regions`` with what their URLs lack of the venue's ``target``."""

    def each(entries: list[RegionEntry]) -> list[RegionEntry]:
        return [entry.model_copy(update={"url": completed(entry.url, target)}) for entry in entries]

    return regions.model_copy(update={kind.value: each(regions.of(kind)) for kind in AccountKind})


def _are_encrypted(regions: RegionsConfig) -> bool:
    return all(entry.url.startswith("wss:") for kind in AccountKind for entry in regions.of(kind))


class Config(Section):
    """The whole configuration; without any setting it is valid and runs on the practice exchange."""

    config_version: fields.ConfigVersion = 1
    account: AccountConfig = AccountConfig()
    accounts: list[AccountEntry] = []
    """Instead of account: several, each with its own session, orders and limits. Empty: one."""
    feeds: list[FeedEntry] = []
    """Market data without orders, beside the accounts."""
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
    status: StatusConfig = StatusConfig()
    alerts: AlertsConfig = AlertsConfig()
    record: RecordConfig = RecordConfig()
    practice: PracticeConfig = PracticeConfig()
    cluster: ClusterConfig = ClusterConfig()

    @functools.cached_property
    def duties(self) -> Mapping[str, "Config"]:
        """The configuration of each account and each feed by its name, as if it were alone; none where
        ``account`` stands for the only one. No setting: it follows from ``accounts`` and ``feeds``."""
        return {}

    @functools.cached_property
    def name(self) -> str:
        """The name of the account or the feed that this is the configuration of; ``""`` without
        ``accounts``. No setting either."""
        return ""

    @functools.cached_property
    def orders_on(self) -> tuple[str, ...] | None:
        """Of a feed, which has no orders: the names of the accounts that have; else ``None``."""
        return None

    @functools.cached_property
    def secrets(self) -> frozenset[str]:
        """All secrets of the file, those of its other accounts and of the process too; no setting either."""
        return secrets_of([self, *self.duties.values()])

    @functools.cached_property
    def unlogged(self) -> frozenset[str]:
        """What no line of a log may contain: the ``secrets`` but for the shortest, which would garble it."""
        return frozenset(secrets_in([], self.secrets))

    def learn_secrets(self, secrets: frozenset[str]) -> None:
        """Have these, which are those of the whole process."""
        vars(self)["secrets"] = secrets
        vars(self).pop("unlogged", None)

    @model_validator(mode="wrap")
    @classmethod
    def _must_hold_for_each_account(
        cls, written: Any, whole: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        alone = functools.partial(cls.model_validate, context=info.context)
        config, found = check_each(written, whole, alone)
        names = tuple(name for name, (path, _) in found.items() if path[0] == "accounts")
        for name, (path, each) in found.items():
            vars(each)["name"] = name
            if path[0] == "feeds":
                vars(each)["orders_on"] = names
        if found:
            vars(config)["duties"] = {name: each for name, (_, each) in found.items()}
            vars(config)["_entries"] = {name: path for name, (path, _) in found.items()}
            for _, each in found.values():
                each.learn_secrets(config.secrets)
        return config

    def of(self, name: str) -> "Config":
        """That of the account or the feed of this name; with ``""`` the only one. Raises ``ConfigInvalid``
        for a name that there is not, and for none where there are several."""
        if name in self.duties or (not name and not self.duties):
            return self.duties.get(name, self)
        if not name:
            reason = f"there are several, {', '.join(self.duties)}: name one of them"
        elif not self.duties:
            reason = f"{name!r} is no account here: there is one, without a name"
        else:
            reason = f"{name!r} is none of them{nearest(name, self.duties)}"
        raise ConfigInvalid([f"{self.place(('accounts',))}accounts: {reason}"])

    def be_read_from(self, file: pathlib.Path, stamp: tuple[int, ...] | None, marks: Marks) -> None:
        """Keep where it, and each of its ``duties``, was read from."""
        # A cached property keeps its value here, in a frozen model too.
        vars(self).update(file=file, stamp=stamp, marks=marks)
        for name, each in self.duties.items():
            path = vars(self)["_entries"][name]
            vars(each).update(file=file, stamp=stamp, marks=EntryMarks(marks, path))

    @functools.cached_property
    def file(self) -> pathlib.Path | None:
        """The file that it was read from, if any. It is no setting: it does not count in a comparison."""
        return None

    def path(self, text: str) -> pathlib.Path:
        """A path of the configuration, absolute: relative to ``folder``, with ``~`` expanded."""
        path = expanded(text)
        return path if path.is_absolute() else self.folder / path

    @functools.cached_property
    def stamp(self) -> tuple[int, ...] | None:
        """``loader.stamp_of`` the ``file``, just before it was read; no setting either."""
        return None

    @functools.cached_property
    def marks(self) -> Marks | None:
        """Where each setting stands in the ``file``; no setting either."""
        return None

    def place(self, path: Path) -> str:
        """``FILE:LINE:COLUMN: `` of a setting, or of what it would stand in; ``""`` without a file."""
        if self.file is None or self.marks is None:
            return ""
        mark = self.marks.key(path)
        return f"{self.file}:{mark.line}:{mark.column}: "

    @functools.cached_property
    def folder(self) -> pathlib.Path:
        """The absolute folder that its paths are relative to: that of the file, otherwise the current folder
        at the time when the configuration was made; no setting either."""
        return pathlib.Path.cwd()

    def model_post_init(self, context: Any) -> None:
        """Keep the folder now: the current one may change before the runtime starts."""
        if isinstance(context, pathlib.Path):
            vars(self)["folder"] = context.absolute()
        else:
            with contextlib.suppress(FileNotFoundError):  # the current folder is gone; it may not be needed
                vars(self)["folder"] = pathlib.Path.cwd()

    @field_validator("regions")
    @classmethod
    def _must_serve_the_account(cls, regions: RegionsConfig, info: ValidationInfo) -> RegionsConfig:
        account: AccountConfig | None = info.data.get("account")
        if account is None:
            return regions
        regions = _completed(regions, account.profile.region_target)
        refuse = venue(account.venue).refuse_region
        problems: list[tuple[Path, str]] = [
            ((kind.value, index, "url"), reason)
            for kind in AccountKind
            for index, entry in enumerate(regions.of(kind))
            if (reason := refuse(entry.url, kind))
        ]
        login, serves = account.login, venue(account.venue).serves
        if login and not any(serves(entry.url, login) for entry in regions.of(login.account)):
            kind, which = ("guest", " for guests") if login.guest else (login.account.value, "")
            mend = "add one, or write account: {session: ''} to practise"
            reason = f"has no region{which}, but the session is a {kind} session ({mend})"
            problems.append(((login.account.value,), reason))
        if problems:
            raise found(problems)
        return regions

    @field_validator("pool")
    @classmethod
    def _must_be_the_venues_size(cls, pool: PoolConfig, info: ValidationInfo) -> PoolConfig:
        account: AccountConfig | None = info.data.get("account")
        return _filled_in(pool, account.profile, "streams_per_connection") if account else pool

    @field_validator("connection")
    @classmethod
    def _must_suit_the_venue(cls, connection: ConnectionConfig, info: ValidationInfo) -> ConnectionConfig:
        account: AccountConfig | None = info.data.get("account")
        if account is None:
            return connection
        proxy, regions = connection.parsed_proxy, info.data.get("regions")
        if proxy and regions and not is_loopback(proxy.host) and not _are_encrypted(regions):
            text = "is on another machine, to which a region with ws:// sends the session in clear text"
            raise found([(("proxy",), text)])
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
            text = "must be below connection.message_timeout, or what waits fails before it leaves"
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
            return _filled_in(orders, trading.rules, *RULES)
        return orders

    @field_validator("cluster")
    @classmethod
    def _must_have_accounts(cls, cluster: ClusterConfig, info: ValidationInfo) -> ClusterConfig:
        entries = info.data.get("accounts"), info.data.get("feeds")
        if cluster.engine.get_secret_value() and entries == ([], []):
            raise found([(("engine",), "needs accounts: or feeds: (a single account: stays on its host)")])
        return cluster

    @field_validator("log")
    @classmethod
    def _must_not_write_into_the_journal(cls, log: LogConfig, info: ValidationInfo) -> LogConfig:
        orders: OrdersConfig | None = info.data.get("orders")
        folder = info.context if isinstance(info.context, pathlib.Path) else pathlib.Path()
        if (
            orders
            and log.file
            and orders.journal
            and _same_file(folder / expanded(log.file), folder / expanded(orders.journal))
        ):
            raise found([(("file",), "is the file of orders.journal too (give each its own)")])
        return log

    @field_validator("streams")
    @classmethod
    def _must_be_assets_of_the_venue(
        cls, streams: list[StreamConfig], info: ValidationInfo
    ) -> list[StreamConfig]:
        account: AccountConfig | None = info.data.get("account")
        if account is None:
            return streams
        refuse = venue(account.venue).refuse_symbol
        reasons = [refuse(stream.asset) for stream in streams]
        if problems := [((index, "asset"), reason) for index, reason in enumerate(reasons) if reason]:
            raise found(problems)
        return streams

    @field_validator("practice")
    @classmethod
    def _must_be_in_one_process(cls, practice: PracticeConfig, info: ValidationInfo) -> PracticeConfig:
        """A worker starts in some tenths of a second, and its heartbeats are due each second: by a clock that
        is much faster none is ever in time."""
        pool: PoolConfig | None = info.data.get("pool")
        if practice.speed != 1 and pool and pool.workers:
            text = f"is {practice.speed:g}, and workers have no other clock than ours (set pool.workers: 0)"
            raise found([(("speed",), text)])
        return practice

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
