"""Birth and death of actors and worker processes."""

from typing import Any, Protocol

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.life import HasLife
from actors.values import LogLevel, Region, Secret


class Tellable(Protocol):
    """Whatever takes messages: an ``ActorRef``, or a worker process's end of its link."""

    def tell(self, message: Any) -> None: ...


class WorkerHandle(Tellable, Protocol):
    """Where connections live: a worker process, or this one (``pid`` 0). ``tell`` raises ``WorkerDied``."""

    @property
    def pid(self) -> int: ...

    def kill(self, patience: float = 0.0) -> str:
        """End it, if it does not end within ``patience`` seconds by itself, and wait for its end; no error if
        it has ended. Answers with how it ended in that time, ``""`` if it did not or if that is not known."""


class ReadableLink(Protocol):
    """Our end of what leads to a worker process."""

    def fileno(self) -> int: ...

    def receive(self) -> list[Any]:
        """All messages that have come; raises ``WorkerDied`` when there will be none any more."""

    def close(self) -> None: ...


class Begin(Struct, frozen=True):
    """An actor's first message, told by itself: an exception in pykka's ``on_start`` would call no hook."""


class Refs(Control, frozen=True):
    """The rest of the house, told to those who were there before it: the head of the way out for
    requests, its end, the supervisor, the desks, and everyone who has a part of the status picture."""

    outbound: Any
    pool: Any
    supervisor: Any
    desk: Any
    pending_desk: Any
    candle_desk: Any
    parts: tuple[Any, ...]


class LinkOpened(Struct, frozen=True):
    """A worker process was started; what it says is to be read from ``link``."""

    worker: str
    pid: int
    link: Any


class LinkReadable(Struct, frozen=True):
    """A worker process has said something, or ended."""

    opened: LinkOpened


class DeadlinePassed(Struct, frozen=True):
    """Waiter ``id`` has waited for as long as it was to."""

    id: int


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
    inbound_linger: float
    max_message_size: int


class StartConnection(HasLife, Struct, frozen=True, tag=True):
    """Start life number ``epoch`` of a connection, towards ``region``."""

    connection: str
    epoch: int
    region: Region
    settings: ConnectionSettings


class StopConnection(Struct, frozen=True, tag=True):
    """Close a connection politely; it reports ``ConnectionDown``."""

    connection: str


class StopWorker(Struct, frozen=True, tag=True):
    """Close every connection politely and end."""


class SetLogLevel(Struct, frozen=True, tag=True):
    """Log what is as severe as ``level``, or more so, from now on."""

    level: LogLevel


class ConnectionPlaced(Struct, frozen=True):
    """Messages for ``connection`` go to ``host`` from now on; ``None`` if its host was given up."""

    connection: str
    host: Any


class OpenConnection(Struct, frozen=True):
    """Connection ``name`` is wanted from now on: start it, and start it again when it is lost."""

    name: str


class CloseConnection(Struct, frozen=True):
    """Nobody wants connection ``name`` any more: close it politely and leave it at that."""

    name: str


class RestartChild(Struct, frozen=True):
    """Waiter ``id`` wants connection or worker ``name`` to begin a new life, given up or not."""

    id: int
    name: str


class RestartDue(Struct, frozen=True):
    """The backoff of child ``name`` is over, unless it has had another life since ``epoch``."""

    name: str
    epoch: int


class AttemptDue(Struct, frozen=True):
    """Some connection that waits for its turn may dial."""


class StableDue(Struct, frozen=True):
    """Life ``epoch`` of child ``name`` counts as stable if it still lasts."""

    name: str
    epoch: int


class CheckHeartbeats(Struct, frozen=True):
    """See whether a worker has fallen silent."""


class RegionsProbed(Struct, frozen=True):
    """By region, what became of probing it: the seconds that its upgrade took, where it granted one, and the
    seconds for which its host wants to be left alone, where it said so."""

    round_trips: dict[str, float]
    retry_after: dict[str, float]


class ConnectionEnded(HasLife, Struct, frozen=True):
    """A connection actor has said its last word and ends."""

    connection: str
    epoch: int


class ActorEnded(Struct, frozen=True):
    """The actor with this URN has let go of all it held."""

    urn: str


class ActorFailed(Struct, frozen=True):
    """An actor that nobody restarts died of an unhandled exception."""

    name: str
    reason: str
