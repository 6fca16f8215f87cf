"""Who listens to what: prefixes of dotted topics, looked up once per topic and remembered."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from actors.messages.events import Event
from actors.messages.traffic import Item, Ticks

L = TypeVar("L")

TICKS = "tick."

REMEMBERED = 4096
"""Topics remembered at once: a server that invents event names must not fill the memory."""


class TopicTable(Generic[L]):
    """Listeners by topic prefix; ``""`` matches every topic."""

    def __init__(self) -> None:
        self._listeners: list[tuple[str, L]] = []
        self._by_topic: dict[str, tuple[L, ...]] = {}
        self._by_asset: dict[str, tuple[L, ...]] = {}
        self.every_tick: tuple[L, ...] = ()
        self.some_ticks = False

    def __len__(self) -> int:
        return len(self._listeners)

    def __iter__(self) -> Iterator[L]:
        return iter([listener for _, listener in self._listeners])

    def add(self, prefix: str, listener: L) -> None:
        """``listener`` hears of topics that start with ``prefix`` from now on."""
        self._listeners.append((prefix, listener))
        self._forget()

    def remove(self, listener: L) -> bool:
        """Take ``listener`` off all its topics; whether it was on any."""
        before = len(self._listeners)
        self._listeners = [(prefix, other) for prefix, other in self._listeners if other != listener]
        self._forget()
        return len(self._listeners) < before

    def match(self, topic: str) -> tuple[L, ...]:
        """The listeners of ``topic``."""
        try:
            return self._by_topic[topic]
        except KeyError:
            found = tuple(listener for prefix, listener in self._listeners if topic.startswith(prefix))
            if len(self._by_topic) >= REMEMBERED:
                self._by_topic.clear()
            return self._by_topic.setdefault(topic, found)

    def match_tick(self, asset: str) -> tuple[L, ...]:
        """The listeners of this asset's ticks, without those of ``every_tick``, who get whole batches."""
        try:
            return self._by_asset[asset]
        except KeyError:
            topic = TICKS + asset
            found = tuple(
                listener
                for prefix, listener in self._listeners
                if topic.startswith(prefix) and not TICKS.startswith(prefix)
            )
            if len(self._by_asset) >= REMEMBERED:
                self._by_asset.clear()
            return self._by_asset.setdefault(asset, found)

    def _forget(self) -> None:
        self._by_topic.clear()
        self._by_asset.clear()
        self.every_tick = tuple(listener for prefix, listener in self._listeners if TICKS.startswith(prefix))
        self.some_ticks = any(prefix.startswith(TICKS) and prefix != TICKS for prefix, _ in self._listeners)


def route(items: Sequence[Item], table: TopicTable[L], *, columns: bool = False) -> dict[L, list[Any]]:
    """What each listener gets of one batch, in the order of the batch; replies and failures are left out.

    A listener to all assets of a ``Ticks`` gets it unsplit. A listener to some of them gets its ticks one by
    one, or as a ``Ticks`` with ``columns``. Costs one look-up per event, and per asset of a batch of ticks.
    """
    shares: defaultdict[L, list[Any]] = defaultdict(list)
    for item in items:
        if type(item) is Ticks:
            _share(item, table, shares, columns)
        elif isinstance(item, Event):
            for listener in table.match(item.topic):
                shares[listener].append(item)
    return shares


def _share(batch: Ticks, table: TopicTable[L], shares: defaultdict[L, list[Any]], columns: bool) -> None:
    """HOT: single ticks are looked at only where the assets of a batch have different listeners."""
    for listener in table.every_tick:
        shares[listener].append(batch)
    if not table.some_ticks:
        return
    listeners = [table.match_tick(asset) for asset in batch.assets]
    if listeners.count(listeners[0]) == len(listeners):
        for listener in listeners[0]:
            shares[listener].append(batch)
    elif columns:
        places: defaultdict[L, list[int]] = defaultdict(list)
        for at, place in enumerate(batch.which):
            for listener in listeners[place]:
                places[listener].append(at)
        for listener, found in places.items():
            shares[listener].append(batch.part(found))
    else:
        for tick, place in zip(batch, batch.which, strict=True):
            for listener in listeners[place]:
                shares[listener].append(tick)
