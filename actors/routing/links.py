"""The main process's ends of the links to the workers: watched, read until they end, closed."""

from collections.abc import Iterable
from typing import Any, Protocol

from actors.errors import WorkerDied
from actors.messages.events import WorkerDown
from actors.messages.traffic import EventBatch
from actors.routing.messages import LinkOpened, LinkReadable, ReadableLink


class Watcher(Protocol):
    """The inbox of the actor that reads the links."""

    def watch(self, source: ReadableLink, message: Any) -> None:
        """Deliver ``message`` when ``source`` is readable; raises ``OSError`` if no descriptor is free."""

    def unwatch(self, source: ReadableLink) -> None: ...


class Links:
    """The links that one actor reads; it is told ``LinkReadable`` by its inbox, ``watcher``."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._open: set[ReadableLink] = set()

    def add(self, opened: LinkOpened, reader: str) -> list[EventBatch]:
        """Watch a link. Returns ``WorkerDown`` at once if the process may open no more descriptors."""
        self._open.add(opened.link)
        try:
            self._watcher.watch(opened.link, LinkReadable(opened))
        except OSError as error:
            return self._end(opened, reader, f"{error.strerror} while beginning to watch its link")
        return []

    def read(self, opened: LinkOpened, reader: str) -> list[EventBatch]:
        """The batches that have arrived. At the end of the link, once, ``WorkerDown`` in a batch of
        ``reader``."""
        link = opened.link
        if link not in self._open:
            return []
        try:
            return link.receive()
        except WorkerDied as error:
            self._watcher.unwatch(link)
            return self._end(opened, reader, str(error))

    def _end(self, opened: LinkOpened, reader: str, reason: str) -> list[EventBatch]:
        self._open.discard(opened.link)
        opened.link.close()
        return [EventBatch(reader, [WorkerDown(opened.worker, opened.pid, reason)])]

    def close(self, unread: Iterable[LinkOpened]) -> None:
        """Close every link, and the links of ``unread``, which were opened too late to be added."""
        for link in self._open.union(each.link for each in unread):
            link.close()
