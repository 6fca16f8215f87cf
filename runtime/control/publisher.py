"""The events of an account, put into the engine while anybody follows them."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import pykka

from actors.errors import RemoteProtocolError
from actors.messages.traffic import EventBatch, Ticks
from actors.tenancy.published_ticks import PublishedTicks
from actors.tenancy.tenure import Tenure
from runtime.cluster.engine import Engine
from runtime.cluster.forms import EVENTS
from runtime.control.fanout import Fanout
from runtime.control.protocol import FeedMark

KEPT: Final = 20_000
"""Entries that the engine keeps of an account, roughly: 200 s of ticks at least, by ``LINGER``."""

LINGER: Final = 0.01
"""Seconds for which ticks are collected: an entry costs the same with one tick and with a hundred."""

BACKLOG: Final = 16 * 1024 * 1024
"""Bytes that wait while the engine is away; then the oldest entries are dropped."""

MARK_EVERY: Final = 64
"""Entries from one mark to the next; a new owner reads twice as many to find one."""

MOST_RESUMED: Final = 1_000
"""Ticks after which an entry of what a former owner has not published ends: some 100 kB, for one call."""

_FOLLOWERS: Final = "followers"


class Publisher:
    """One subscription for all followers, while there are any, and one stream that all of them read.

    The entries of one epoch are numbered without a hole: a follower that finds one has lost something.
    """

    def __init__(
        self, engine: Engine, tenure: Tenure, router: pykka.ActorRef[Any], to: pykka.ActorRef[Any]
    ) -> None:
        """``to`` is told the events, and gives them to ``take``."""
        self._engine = engine
        self._tenure = tenure
        self._fanout: Fanout[str] = Fanout(router, to)
        self._topics: dict[str, Sequence[str]] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._collected: list[Any] = []
        self._batches: deque[tuple[int, bytes]] = deque()
        self._number = self._size = 0
        self._published: PublishedTicks | None = None

    def __repr__(self) -> str:
        return f"<Publisher of {self._tenure.duty}, {len(self._topics)} followers>"

    def follow(self, follower: str, topics: Sequence[str]) -> None:
        """Replace the topics of ``follower``; raises ``RemoteProtocolError`` if they are too many."""
        before = self._topics.pop(follower, ())
        if topics:
            self._topics[follower] = topics
        try:
            self._listen()
        except RemoteProtocolError:
            self._topics[follower] = before
            self._listen()
            raise

    def leave(self, follower: str) -> None:
        if self._topics.pop(follower, None):
            self._listen()

    def begin(self) -> None:
        """An entry without events: followers learn that there is a new owner."""
        self._add([])

    def resume(self, tenure: Tenure, mark: FeedMark, unpublished: list[Any]) -> None:
        """Go on where the former owner of a feed has ended, which ``mark`` tells, with what was
        ``unpublished``; and write marks from now on."""
        self._tenure = tenure
        self._published = PublishedTicks(mark.newest)
        self._put(mark)
        for items in _parts(unpublished):
            self._add(items)

    def take(self, events: list[Any]) -> bool:
        """Whether to ``publish`` at once: what is no tick is not kept waiting.

        HOT: one call per read.
        """
        items = dict(self._fanout.route(events)).get(_FOLLOWERS)
        if not items:
            return False
        self._collected += items
        return any(type(item) is not Ticks for item in items)

    @property
    def has_collected(self) -> bool:
        return bool(self._collected)

    def publish(self) -> None:
        """All that was taken. Raises ``EngineAway``: what is left is tried again by the next call, and is
        there once, whether the engine has it already or not; ``Fenced``."""
        if self._collected:
            collected, self._collected = self._collected, []
            self._add(collected)
        while self._batches:
            number, words = self._batches[0]
            self._engine.append(self._tenure.duty, self._tenure.epoch, number, EVENTS, words, KEPT)
            self._batches.popleft()
            self._size -= len(words)

    def _add(self, items: list[Any]) -> None:
        self._put(EventBatch(self._tenure.duty, items))
        if self._published is None:
            return
        for item in items:
            if isinstance(item, Ticks):
                self._published.add(item)
        if self._number % MARK_EVERY == 0:
            self._put(FeedMark(self._published.newest))

    def _put(self, message: EventBatch | FeedMark) -> None:
        self._number += 1
        words = self._encode(message)
        self._batches.append((self._number, words))
        self._size += len(words)
        while self._size > BACKLOG:
            self._size -= len(self._batches.popleft()[1])

    def _listen(self) -> None:
        self._fanout.listen(_FOLLOWERS, {topic for topics in self._topics.values() for topic in topics})


def _parts(items: Iterable[Any]) -> Iterator[list[Any]]:
    """``items`` in their order; each part has ``MOST_RESUMED`` ticks, but for the last read in it."""
    part: list[Any] = []
    ticks = 0
    for item in items:
        part.append(item)
        ticks += len(item) if isinstance(item, Ticks) else 1
        if ticks >= MOST_RESUMED:
            yield part
            part, ticks = [], 0
    if part:
        yield part
