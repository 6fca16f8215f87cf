"""Which subscriptions an event matches: looked up once per type or topic, then remembered."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from actors.messages.events import Event
from actors.messages.topics import ONE, TICK, TopicPattern, pattern
from actors.messages.traffic import Item, Ticks

L = TypeVar("L")

EVERY_TICK = pattern(f"{TICK}.*")

REMEMBERED = 4096
"""Topics remembered at once: a server that invents event names must not fill the memory."""

Types = tuple[type[Event], ...]


class TopicTable(Generic[L]):
    """Listeners by a pattern of topics, or by event types. No pattern matches an internal event.

    A listener with several patterns gets an event once. A pattern is compared with each topic once; then the
    listeners of the topic are known until the table changes.
    """

    def __init__(self) -> None:
        self._listeners: list[tuple[TopicPattern | Types, L]] = []
        self._by_type: dict[type[Event], tuple[L, ...]] = {}
        self._by_topic: dict[tuple[type[Event], str], tuple[L, ...]] = {}
        self._by_asset: dict[str, tuple[L, ...]] = {}
        self.every_tick: tuple[L, ...] = ()
        self.some_ticks = False

    def __len__(self) -> int:
        return len(self._listeners)

    def __iter__(self) -> Iterator[L]:
        return iter([listener for _, listener in self._listeners])

    def add(self, wanted: TopicPattern, listener: L) -> None:
        """``listener`` gets the ticks and events whose topic ``wanted`` matches."""
        self._listeners.append((wanted, listener))
        self._forget()

    def add_types(self, types: Types, listener: L) -> None:
        """``listener`` gets the events of ``types``, internal ones too."""
        self._listeners.append((types, listener))
        self._forget()

    def remove(self, listener: L) -> bool:
        """Remove every entry of ``listener``; ``False`` if there was none."""
        before = len(self._listeners)
        self._listeners = [(wanted, other) for wanted, other in self._listeners if other != listener]
        self._forget()
        return len(self._listeners) < before

    def match(self, event: Event) -> tuple[L, ...]:
        """The listeners of ``event``. HOT: one look-up for a type whose topic is fixed."""
        found = self._by_type.get(type(event))
        return self._match_topic(event) if found is None else found

    def match_tick(self, asset: str) -> tuple[L, ...]:
        """The listeners of the ticks of ``asset``, without ``every_tick``, which get whole batches."""
        try:
            return self._by_asset[asset]
        except KeyError:
            topic = f"{TICK}.{asset}"
            found = _each_once(
                listener
                for wanted, listener in self._patterns()
                if wanted.matches(topic) and listener not in self.every_tick
            )
            if len(self._by_asset) >= REMEMBERED:
                self._by_asset.clear()
            return self._by_asset.setdefault(asset, found)

    def _match_topic(self, event: Event) -> tuple[L, ...]:
        kind, topic = type(event), event.topic
        if (found := self._by_topic.get((kind, topic))) is not None:
            return found
        found = _each_once(listener for wanted, listener in self._listeners if _is_wanted(event, wanted))
        if kind.topic is Event.topic:
            self._by_type[kind] = found
            return found
        if len(self._by_topic) >= REMEMBERED:
            self._by_topic.clear()
        return self._by_topic.setdefault((kind, topic), found)

    def patterns(self) -> Iterator[TopicPattern]:
        """What is listened to by topic."""
        return (wanted for wanted, _ in self._patterns())

    def _patterns(self) -> Iterator[tuple[TopicPattern, L]]:
        for wanted, listener in self._listeners:
            if isinstance(wanted, TopicPattern):
                yield wanted, listener

    def _forget(self) -> None:
        self._by_type.clear()
        self._by_topic.clear()
        self._by_asset.clear()
        self.every_tick = _each_once(
            listener for wanted, listener in self._patterns() if wanted.covers(EVERY_TICK)
        )
        self.some_ticks = any(
            wanted.first in {TICK, ONE} and wanted.second not in {ONE, None} for wanted, _ in self._patterns()
        )


def _each_once(listeners: Iterable[L]) -> tuple[L, ...]:
    return tuple(dict.fromkeys(listeners))


def _is_wanted(event: Event, wanted: TopicPattern | Types) -> bool:
    if isinstance(wanted, TopicPattern):
        return not event.internal and wanted.matches(event.topic)
    return isinstance(event, wanted)


def route(items: Sequence[Item], table: TopicTable[L], *, columns: bool = False) -> dict[L, list[Any]]:
    """What each listener gets of one batch, in the order of the batch; answers to requests are left out.

    A listener to all assets of a ``Ticks`` gets it unsplit. A listener to some of them gets its ticks one by
    one, or as a ``Ticks`` with ``columns``. Listeners may share a list. Costs one look-up per
    event, and per asset of a batch of ticks.
    """
    if len(items) == 1 and type(items[0]) is Ticks:  # HOT: nearly every read
        assets, whole = items[0].assets, list(items)
        if not table.some_ticks:
            return dict.fromkeys(table.every_tick, whole)
        if len(assets) == 1:
            return dict.fromkeys((*table.every_tick, *table.match_tick(assets[0])), whole)
    shares: defaultdict[L, list[Any]] = defaultdict(list)
    for item in items:
        if type(item) is Ticks:
            _share(item, table, shares, columns)
        elif isinstance(item, Event):
            for listener in table.match(item):
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
