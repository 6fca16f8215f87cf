"""The configuration as typed, frozen values: every duration in seconds, every size in bytes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from actors.values import LogLevel
from actors.wire.ssid import SessionString, parse_session
from runtime.config import fields, units
from runtime.config.addresses import is_demo_host
from runtime.config.checks import found
from runtime.config.fields import WHOLE_NUMBER, Duration, Flag, above, between, not_below
from runtime.config.problems import Path

_MIB = 1024 * 1024


class Section(BaseModel):
    """What all sections share: unknown keys refused, nothing changed later, no value repeated in an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
        use_attribute_docstrings=True,
    )


class Account(Section):
    """Who trades."""

    session: SecretStr = SecretStr("")
    """The browser's whole 42["auth",{...}] message, which decides demo or live; empty for practice."""

    @field_validator("session")
    @classmethod
    def _must_be_usable(cls, session: SecretStr) -> SecretStr:
        if session.get_secret_value().strip():
            parse_session(session.get_secret_value())
        return session

    @property
    def session_string(self) -> SessionString | None:
        """The parsed session; ``None`` where none is set."""
        text = self.session.get_secret_value()
        return parse_session(text) if text.strip() else None


class RegionEntry(Section):
    """One address of the venue."""

    name: fields.RegionName
    """What logs and status call it; unique."""
    url: fields.WebSocketUrl
    """wss://HOST/socket.io/?EIO=4&transport=websocket; ws:// only on loopback."""
    priority: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 0
    """The lowest is tried first; by default the position in the list, from 1."""


def _with_positions(entries: object) -> object:
    if not isinstance(entries, list):
        return entries
    return [
        {"priority": position, **entry} if isinstance(entry, dict) else entry
        for position, entry in enumerate(entries, start=1)
    ]


RegionList = Annotated[list[RegionEntry], BeforeValidator(_with_positions)]


class Regions(Section):
    """Where the venue is: a demo session only goes to demo regions, a live one only to live regions."""

    demo: RegionList = []
    """Addresses for demo sessions."""
    live: RegionList = []
    """Addresses for live sessions."""

    @field_validator("demo", "live")
    @classmethod
    def _must_be_apart(cls, entries: list[RegionEntry], info: ValidationInfo) -> list[RegionEntry]:
        names = {entry.name for entry in info.data.get("demo", ())}
        problems: list[tuple[Path, str]] = []
        for index, entry in enumerate(entries):
            if entry.name in names:
                problems.append(((index, "name"), "is the name of another region too"))
            if is_demo_host(entry.url) not in {None, info.field_name == "demo"}:
                problems.append(((index, "url"), f"is not a host for {info.field_name} sessions"))
            names.add(entry.name)
        if problems:
            raise found(problems)
        return entries


class Connection(Section):
    """How one WebSocket behaves."""

    open_timeout: Duration = 10.0
    """For all of connect, TLS, handshake and login."""
    ping_interval: Duration = 20.0
    """A WebSocket ping goes out after this much silence."""
    ping_timeout: Duration = 10.0
    """A connection whose ping is unanswered for this long is given up."""
    close_timeout: Duration = 2.0
    """How long a polite close waits for the venue's."""
    keep_alive_interval: Duration = 20.0
    """Between the venue's own keep-alive messages; it hangs up after 180 s without one."""
    message_timeout: Duration = 30.0
    """How long a request waits for its answer unless it says otherwise."""
    ssl_verify: Flag = True
    """Whether the venue's certificate is checked; without it anyone on the way can read the session."""
    origin: fields.Origin = "https://pocketoption.com"
    """The site that the handshake claims to come from."""
    custom_headers: fields.Headers = {}
    """Further header fields of the handshake."""
    max_message_size: Annotated[fields.Size, between(_MIB, 1024 * _MIB, units.show_size)] = 16 * _MIB
    """A larger message closes the connection."""


class Pool(Section):
    """How many connections there are, and who runs them."""

    connections: Annotated[int, Field(ge=1, le=64), WHOLE_NUMBER] = 2
    """Connections that are kept open."""
    workers: Annotated[int, Field(ge=0, le=16), WHOLE_NUMBER] = 1
    """Processes that the connections are spread over; 0 keeps them all in the main process."""
    streams_per_connection: Annotated[int, Field(ge=1, le=100), WHOLE_NUMBER] = 4
    """Assets that one connection may stream; the venue's habit is 4."""


class Reconnect(Section):
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
    jitter: Flag = True
    """Whether delays are random, so that connections do not come back in step."""


class Supervision(Section):
    """How worker processes are watched and stopped."""

    heartbeat_interval: Duration = 1.0
    """Between a worker's signs of life."""
    heartbeat_timeout: Annotated[Duration, above("heartbeat_interval")] = 5.0
    """A worker silent for this long is killed and replaced."""
    drain_timeout: Duration = 5.0
    """How long a stop waits for what is under way."""


class Limits(Section):
    """What the venue is spared; one budget for all connections together."""

    messages: list[fields.Quota] = [units.Rate(10, 1.0), units.Rate(300, 60.0)]
    """Messages sent, each of these rates being kept."""
    max_concurrent_operations: Annotated[int, Field(ge=1, le=10_000), WHOLE_NUMBER] = 10
    """Requests that may wait for an answer at once."""


class Batching(Section):
    """How messages are joined into one write; an order never waits for it."""

    batch_size: Annotated[int, Field(ge=1, le=1024), WHOLE_NUMBER] = 16
    """Messages that make a full batch."""
    batch_timeout: fields.Pause = 0.005
    """How long a batch may wait to fill; at most 1 s."""


class Orders(Section):
    """What an order may be, and where it is journaled before it is sent."""

    journal: str = ""
    """A file that outlives the runtime, with one runtime at a time; empty: the user's state folder, or a
    passing one on the practice exchange."""
    minimum_amount: Annotated[int, WHOLE_NUMBER, Field(ge=1)] = 1
    """A smaller order is refused before it is sent; in the account's currency."""
    maximum_amount: Annotated[int, WHOLE_NUMBER, not_below("minimum_amount")] = 50_000
    """A larger order is refused before it is sent."""
    maximum_duration: fields.Period = 43_200
    """A longer deal is refused before it is sent; the shortest is the asset's own."""
    maximum_open: Annotated[int, WHOLE_NUMBER, Field(ge=1, le=1000)] = 10
    """Deals that may be open, or on their way, at once."""
    verdict_delay: Duration = 6.0
    """After a later login, how long an order whose answer was lost may still turn up."""


class Health(Section):
    """How stale data is noticed."""

    check_interval: Duration = 1.0
    """Between two looks at every stream."""
    stale_after: Annotated[Duration, above("check_interval")] = 15.0
    """A stream without a tick for this long is stale, however slow it usually is."""
    stale_floor: Duration = 5.0
    """A stream that usually ticks faster is found stale sooner, but never before this long; no shorter than
    stale_after, it turns the learning off."""
    reconnects_per_hour: Annotated[int, Field(ge=1, le=3600), WHOLE_NUMBER] = 6
    """How often a connection may be replaced because its streams are silent while its pings go on."""


class Stream(Section):
    """One asset that is subscribed from the start."""

    asset: fields.Symbol
    """The venue's symbol, such as EURUSD_otc; one with a # stands in quotes."""
    period: fields.Period = 60
    """Seconds per candle."""


class Log(Section):
    """What is logged, and how."""

    level: LogLevel = "INFO"
    """The least severe level that is written, and that workers hand over to the main process."""
    json_lines: Flag = False
    """One JSON object per line instead of text."""
    file: str = ""
    """A file for the same lines; empty: none."""
    rotation: Annotated[fields.Size, between(4 * 1024, 1024 * _MIB, units.show_size)] = 10 * _MIB
    """The file is begun anew before it grows larger."""
    retention: Annotated[int, Field(ge=1, le=1000), WHOLE_NUMBER] = 5
    """Earlier files that are kept."""
    repeat_limit: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 100
    """Lines of one kind in a minute; the others are only counted. 0: all are written."""


class Practice(Section):
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
    account: Account = Account()
    regions: Regions = Regions()
    connection: Connection = Connection()
    pool: Pool = Pool()
    reconnect: Reconnect = Reconnect()
    supervision: Supervision = Supervision()
    limits: Limits = Limits()
    batching: Batching = Batching()
    orders: Orders = Orders()
    health: Health = Health()
    streams: list[Stream] = []
    log: Log = Log()
    practice: Practice = Practice()

    @field_validator("regions")
    @classmethod
    def _must_serve_the_session(cls, regions: Regions, info: ValidationInfo) -> Regions:
        account: Account | None = info.data.get("account")
        session = account.session_string if account else None
        if session and not getattr(regions, session.kind.value):
            kind = session.kind.value
            raise found([((kind,), f"has no region, but the session is a {kind} session")])
        return regions

    @field_validator("streams")
    @classmethod
    def _must_fit_the_pool(cls, streams: list[Stream], info: ValidationInfo) -> list[Stream]:
        problems = _repeated(streams)
        pool: Pool | None = info.data.get("pool")
        if pool and len(streams) > pool.connections * pool.streams_per_connection:
            carried = f"{pool.connections} x {pool.streams_per_connection}"
            problems.append(
                ((), f"are {len(streams)}, but the pool carries {carried} (raise pool.connections)")
            )
        if problems:
            raise found(problems)
        return streams


def _repeated(streams: Sequence[Stream]) -> list[tuple[Path, str]]:
    problems: list[tuple[Path, str]] = []
    seen: set[str] = set()
    for index, stream in enumerate(streams):
        if stream.asset in seen:
            problems.append(((index, "asset"), "is streamed already"))
        seen.add(stream.asset)
    return problems
