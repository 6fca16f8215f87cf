"""Birth, life signs and death of actors and worker processes."""

from msgspec import Struct

from actors.values import Region, Secret


class Begin(Struct, frozen=True):
    """An actor's first message, told by itself: an exception in pykka's ``on_start`` would call no hook."""


class ConnectionSettings(Struct, frozen=True):
    """How a connection behaves; every time in seconds, every size in bytes."""

    session: Secret
    origin: str
    headers: dict[str, str]
    ssl_verify: bool
    open_timeout: float
    close_timeout: float
    ping_interval: float
    ping_timeout: float
    keep_alive_interval: float
    max_message_size: int


class StartConnection(Struct, frozen=True, tag=True):
    """Start life number ``epoch`` of a connection, towards ``region``."""

    connection: str
    epoch: int
    region: Region
    settings: ConnectionSettings


class StopConnection(Struct, frozen=True, tag=True):
    """Close a connection politely; it reports ``ConnectionDown``."""

    connection: str


class StopHost(Struct, frozen=True, tag=True):
    """Close every connection politely and end."""


class Heartbeat(Struct, frozen=True, tag=True):
    """A worker process is alive and reads its link; ``cpu_seconds`` and ``rss_bytes`` are its own."""

    worker: str
    pid: int
    cpu_seconds: float
    rss_bytes: int
