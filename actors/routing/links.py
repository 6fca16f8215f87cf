"""The ends of the links to worker processes: watched, read to the last, closed."""

from collections.abc import Iterable
from typing import Any, Protocol

from actors.errors import WorkerDied
from actors.messages.events import WorkerDown
from actors.messages.traffic import EventBatch
from actors.routing.messages import LinkOpened, LinkReadable, ReadableLink


class Watcher(Protocol):
    """The part of an actor's inbox that watches descriptors for it."""

    def watch(self, source: ReadableLink, message: Any) -> None:
        """Deliver ``message`` when ``source`` can be read; raises ``OSError`` without a descriptor left."""

    def unwatch(self, source: ReadableLink) -> None: ...


class Links:
    """Those that one actor reads: its ``inbox`` is told ``LinkReadable`` when there is something on one."""

    def __init__(self, inbox: Watcher) -> None:
        self._inbox = inbox
        self._open: set[ReadableLink] = set()

    def add(self, opened: LinkOpened, reader: str) -> list[EventBatch]:
        """Read it from now on; where the process may open no more descriptors, it ends at once."""
        self._open.add(opened.link)
        try:
            self._inbox.watch(opened.link, LinkReadable(opened))
        except OSError as error:
            return self._end(opened, reader, f"{error.strerror} while beginning to watch its link")
        return []

    def read(self, opened: LinkOpened, reader: str) -> list[EventBatch]:
        """What has come; at the end of the link, once, ``WorkerDown``, said by its ``reader``."""
        link: ReadableLink = opened.link
        if link not in self._open:
            return []
        try:
            return link.receive()
        except WorkerDied as error:
            self._inbox.unwatch(link)
            return self._end(opened, reader, str(error))

    def _end(self, opened: LinkOpened, reader: str, reason: str) -> list[EventBatch]:
        self._open.discard(opened.link)
        opened.link.close()
        return [EventBatch(reader, [WorkerDown(opened.worker, opened.pid, reason)])]

    def close(self, unread: Iterable[LinkOpened]) -> None:
        """Close all, those too that were opened too late to be read."""
        for link in self._open.union(each.link for each in unread):
            link.close()
