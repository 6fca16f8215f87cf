"""Messages that only the router receives."""

from typing import Any, Protocol

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.lifecycle import Tellable


class RouterRefs(Control, frozen=True):
    """The actors that start after the router; ``outbound`` is the rate limiter, ``configured`` asks for the
    streams of the configuration. Each of ``parts`` answers ``Describe``, each of ``done_to`` counts a request
    until its ``RequestDone``."""

    outbound: Tellable
    pool: Tellable
    supervisor: Tellable
    order_desk: Tellable
    pending_desk: Tellable
    history_loader: Tellable
    bars: Tellable
    configured: Tellable
    parts: tuple[Tellable, ...]
    done_to: tuple[Tellable, ...]


class ReadableLink(Protocol):
    """The main process's end of the link to a worker process."""

    def fileno(self) -> int: ...

    def receive(self) -> list[Any]:
        """All messages that have arrived. Raises ``WorkerDied`` once the link has ended and all were read."""

    def close(self) -> None: ...


class LinkOpened(Struct, frozen=True):
    """A worker process was started; its messages are read from ``link``."""

    worker: str
    pid: int
    link: ReadableLink


class LinkReadable(Struct, frozen=True):
    """The link has messages, or has ended."""

    opened: LinkOpened


class DeadlinePassed(Struct, frozen=True):
    """The deadline of waiter ``id`` has passed."""

    id: int


class StreamDue(Struct, frozen=True):
    """By now the asset of ``topic``, which was subscribed to, should have been streamed."""

    topic: str
