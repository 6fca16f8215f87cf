"""What a process wants of whichever host owns an account, and what it has missed of its events."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from loguru import logger

from actors.messages.commands import SubscribeCandles, SubscribeTicks, UnsubscribeCandles, UnsubscribeTicks
from actors.messages.events import StreamGap
from actors.messages.traffic import EventBatch, Ticks
from runtime.control.protocol import Ask, FeedMark, Listen

MOVED: Final = "another host has the account now"
CUT: Final = "events that were not read in time are gone from the engine"
AWAY: Final = "this process or the engine was away for too long"


class Wants:
    """The topics and the streams of a process: each owner in turn is asked for them."""

    def __init__(self) -> None:
        self.listen = Listen(0, [])
        self._streams: dict[object, Ask] = {}
        self._by_id: dict[int, object] = {}

    def note(self, message: Ask | Listen) -> None:
        match message:
            case Listen():
                self.listen = message
            case Ask(id=id, request=SubscribeTicks() | SubscribeCandles() as request):
                self._streams[_key(message)] = Ask(0, request, for_subscription=message.for_subscription)
                self._by_id[id] = _key(message)
            case Ask(request=UnsubscribeTicks() | UnsubscribeCandles()):
                self._streams.pop(_key(message), None)

    def settle(self, id: int, *, refused: bool) -> None:
        """The ask of this number has its answer."""
        if (key := self._by_id.pop(id, None)) is not None and refused:
            self._streams.pop(key, None)

    def messages(self) -> Iterator[Ask | Listen]:
        yield self.listen
        yield from self._streams.values()


class Follower:
    """Finds what is missing between the events that it is given, by their numbers, and announces it."""

    def __init__(self) -> None:
        self._epoch = self._number = 0
        self._last: dict[str, float] = {}  # the venue's time of the last tick, by asset
        self._missed: dict[str, str] = {}  # why, by asset, until its next tick

    def __repr__(self) -> str:
        return f"<Follower of {len(self._last)} assets>"

    def lose(self, reason: str) -> None:
        """Something may be missing from now on."""
        logger.warning("{}, so events may be missing: ask for the state that you rely on", reason)
        self._miss(self._last, reason)

    def take_mark(self, epoch: int, number: int, mark: FeedMark) -> None:
        """A new owner may go on with some assets exactly where the former one has ended."""
        if epoch == self._epoch or mark.after != (self._epoch, self._number):
            self._go_on(epoch, number)
            return
        self._epoch, self._number = epoch, number
        self._miss(self._last.keys() - set(mark.whole), MOVED)

    def take(self, epoch: int, number: int, batch: EventBatch) -> EventBatch:
        """``batch`` with ``StreamGap`` before the first tick of each asset of which some are missing."""
        self._go_on(epoch, number)
        items: list[Any] = []
        for item in batch.items:
            if isinstance(item, Ticks):
                items += self._gaps(item, batch.source)
                assets = map(item.assets.__getitem__, item.which) if item.which else item.assets * len(item)
                self._last.update(zip(assets, item.times, strict=True))
            items.append(item)
        return EventBatch(batch.source, items)

    def _go_on(self, epoch: int, number: int) -> None:
        if self._epoch and epoch != self._epoch:
            self.lose(MOVED)
        elif self._epoch and number != self._number + 1:
            self.lose(CUT)
        self._epoch, self._number = epoch, number

    def _miss(self, assets: Iterable[str], reason: str) -> None:
        for asset in assets:
            self._missed.setdefault(asset, reason)

    def _gaps(self, ticks: Ticks, source: str) -> Iterator[StreamGap]:
        if not self._missed:
            return
        for tick in ticks:
            reason = self._missed.pop(tick.asset, None)
            if reason is not None and tick.time > (last := self._last[tick.asset]):
                yield StreamGap(tick.asset, last, tick.time, reason, source, 0)


def _key(asked: Ask) -> object:
    request: Any = asked.request
    if isinstance(request, SubscribeTicks | UnsubscribeTicks):
        return request.asset, asked.for_subscription
    return request.asset, request.name
