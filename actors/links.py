"""The ends of the links to worker processes: watched, read to the last, closed."""

from collections.abc import Iterable

from actors.errors import WorkerDied
from actors.inbox import Inbox
from actors.messages.events import WorkerDown
from actors.messages.lifecycle import Link, LinkOpened, LinkReadable
from actors.messages.traffic import EventBatch


class Links:
    """Those that one actor reads: its ``inbox`` is told ``LinkReadable`` when there is something on one."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._open: set[Link] = set()

    def add(self, opened: LinkOpened) -> None:
        self._open.add(opened.link)
        self._inbox.watch(opened.link, LinkReadable(opened))

    def read(self, opened: LinkOpened, reader: str) -> list[EventBatch]:
        """What has come; at the end of the link, ``WorkerDown``, said by its ``reader``."""
        link: Link = opened.link
        try:
            return link.receive()
        except WorkerDied as error:
            self._inbox.unwatch(link)
            self._open.discard(link)
            link.close()
            return [EventBatch(reader, [WorkerDown(opened.worker, opened.pid, str(error))])]

    def close(self, unread: Iterable[LinkOpened]) -> None:
        """Close all, those too that were opened too late to be read."""
        for link in self._open.union(each.link for each in unread):
            link.close()
