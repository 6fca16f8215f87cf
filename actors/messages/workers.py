"""What a worker process receives and logs, and what the main process holds of it."""

import base64
from typing import Protocol

from msgspec import Struct

from actors.messages.life import HasLife
from actors.messages.lifecycle import Tellable
from actors.network import Proxy, TlsSettings
from actors.values import LogLevel, Region, Secret


class WorkerHandle(Tellable, Protocol):
    """Where connections run: a worker process, or this process (``pid`` 0).

    ``tell`` raises ``WorkerDied``.
    """

    @property
    def pid(self) -> int: ...

    def kill(self, patience: float = 0.0) -> str | None:
        """Wait up to ``patience`` seconds for the worker to end by itself, then kill it and wait for its end.

        Returns how the worker ended by itself; ``""`` if it was killed or if that is not known. ``None``: it
        has not ended within a second. Then its link is ended, it executes no instruction any more, and the
        next call returns at once. A worker that has ended already is no error.
        """


class RecordingSettings(Struct, frozen=True):
    """Where connections are recorded: in files of ``rotate`` bytes, of which the oldest leave while all are
    larger than ``keep``. ``program`` is the version, ``settings`` the configuration that a replay needs, as
    YAML."""

    folder: str
    rotate: int
    keep: int
    program: str
    settings: str


class ConnectionSettings(Struct, frozen=True):
    """How a connection logs in, to ``venue`` with ``secret``, and behaves.

    Times are in seconds, sizes in bytes.
    """

    venue: str
    secret: Secret
    origin: str
    headers: dict[str, str]
    ssl_verify: bool
    open_timeout: float
    close_timeout: float
    ping_interval: float
    ping_timeout: float
    keep_alive_interval: float
    inbound_linger: float
    max_message_size: int
    proxy: Proxy | None = None
    tls: TlsSettings = TlsSettings()
    recording: RecordingSettings | None = None

    @property
    def credentials(self) -> set[str]:
        """What no line of a log may contain, apart from the session and the header fields."""
        return credentials_in(self.proxy, self.tls.key_password.value)


def credentials_in(proxy: Proxy | None, key_password: str) -> set[str]:
    """The secrets of the way to the venue. A user beside a password is none: it is often in paths too, and
    a worker gets no variable that contains a secret."""
    found = {key_password}
    if proxy is not None:
        user, password = proxy.user.value, proxy.password.value
        found |= {password or user, base64.b64encode(f"{user}:{password}".encode()).decode()}
    return found


class StartConnection(HasLife, Struct, frozen=True):
    """Start life number ``epoch`` of a connection to ``region``; a link carries it as ``StartLife``."""

    connection: str
    epoch: int
    region: Region
    settings: ConnectionSettings


class UseSettings(Struct, frozen=True, tag=True):
    """The settings of all lives that start from now on: they travel once, not with each of a thousand."""

    settings: ConnectionSettings


class StartLife(HasLife, Struct, frozen=True, tag=True):
    """``StartConnection`` with the settings of the last ``UseSettings``."""

    connection: str
    epoch: int
    region: Region


class StopConnection(Struct, frozen=True, tag=True):
    """Close a connection with a close frame; it publishes ``ConnectionDown`` at its end."""

    connection: str


class StopWorker(Struct, frozen=True, tag=True):
    """Close every connection with a close frame, then end."""


class UseTaps(Struct, frozen=True, tag=True):
    """From now on these connections publish each message of the venue as ``WireMessage``, and no others do,
    in all their lives; ``*`` stands for all connections."""

    connections: tuple[str, ...]

    def covers(self, connection: str) -> bool:
        return connection in self.connections or "*" in self.connections


class SetLogLevel(Struct, frozen=True, tag=True):
    """Log records of ``level`` and above from now on."""

    level: LogLevel


class LeaseExtended(Struct, frozen=True, tag=True):
    """No other host has the account before ``until`` (the clock of the actors). Then the worker ends, in
    whatever state it is, unless another one of these has come."""

    until: float


class LogRecord(Struct, frozen=True, tag=True):
    """A log record of ``worker``, printable and without secrets.

    ``time`` is in Unix seconds; ``place`` is ``module:line``; ``trace`` are the lines of a traceback.
    """

    worker: str
    time: float
    level: LogLevel
    place: str
    message: str
    trace: tuple[str, ...] = ()
