"""The asks of all peers that wait for an answer, and how many there may be."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, Final, NamedTuple

from actors.messages.commands import GetStatus, Halt, Resume
from runtime.control.protocol import ASKED_OF_PROCESS

MOST_WAITING: Final = 1024
"""Asks of one kind, of all peers together, that may wait for their answers."""

OPERATING: Final = frozenset({Halt, Resume, GetStatus, *ASKED_OF_PROCESS})
"""The kinds that an operator needs when everything else is full: only the peer's own asks count for them."""

MOST_OPERATING: Final = 64
"""Asks of one kind of ``OPERATING``, of one peer, that may wait for their answers."""


class _Waiting(NamedTuple):
    kind: type
    ask: int


class PeerAsks:
    """Each ask by its peer and its id there; ``ask`` is its number in this process."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, dict[int, _Waiting]] = {}
        self._by_kind: Counter[Any] = Counter()

    def __repr__(self) -> str:
        return f"<PeerAsks: {self._by_kind.total()} of {len(self._waiting)} peers>"

    def refusal(self, peer: Hashable, kind: type) -> str:
        """Why ``peer`` may not ask for one more of ``kind``; ``""`` if it may."""
        if kind in OPERATING:
            own = sum(waiting.kind is kind for waiting in self._waiting.get(peer, {}).values())
            return f"{own} {kind.__name__} of this process wait already" if own >= MOST_OPERATING else ""
        count = self._by_kind[kind]
        if count < MOST_WAITING:
            return ""
        return f"{count} {kind.__name__} of attached processes wait already"

    def add(self, peer: Hashable, id: int, kind: type, ask: int = 0) -> None:
        """``ask`` is 0 for what is not asked of the router."""
        self._waiting.setdefault(peer, {})[id] = _Waiting(kind, ask)
        self._by_kind[kind] += 1

    def remove(self, peer: Hashable, id: int) -> None:
        """It has its answer."""
        asks = self._waiting[peer]
        self._by_kind[asks.pop(id).kind] -= 1
        if not asks:
            del self._waiting[peer]

    def waits(self, peer: Hashable, id: int) -> bool:
        return id in self._waiting.get(peer, {})

    def ask_of(self, peer: Hashable, id: int) -> int:
        """The number of an ask; 0 if it has its answer."""
        waiting = self._waiting.get(peer, {}).get(id)
        return waiting.ask if waiting else 0

    def all_of(self, peer: Hashable) -> list[int]:
        """The numbers of all asks of ``peer``."""
        return [waiting.ask for waiting in self._waiting.get(peer, {}).values() if waiting.ask]
