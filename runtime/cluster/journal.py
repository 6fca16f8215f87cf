"""The journal of an account that several hosts have in turn: in the engine, and in a file of each host."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import msgspec
from loguru import logger

from actors.errors import Halted, NotSent
from actors.orders.journal import Journal
from actors.orders.order import UNFINISHED, Order, OrderState
from actors.tenancy.tenure import Tenure
from runtime.cluster.engine import Engine
from runtime.cluster.outcomes import EngineAway, Fenced, OrderEntry, Refusal

KEPT: Final = 30 * 86_400.0
"""Seconds for which the engine keeps a finished order."""

RECENT: Final = 3 * 86_400.0
"""Seconds of which a successor reads all orders: the limits of a day need two days and the longest deal."""

FINISHED_LOADED: Final = 1_000


class ClusterJournal:
    """Implements ``actors.orders.journal.Journal`` for the owner of ``tenure``.

    What the engine has is the journal for the next owner; ``local`` is for audits, and for what the engine
    may lose. An order is in both before it is sent. The engine refuses all that a former owner writes.
    """

    shared = True

    def __init__(
        self,
        engine: Engine,
        tenure: Tenure,
        local: Journal,
        clock: Callable[[], float],
        *,
        commands: Mapping[str, str] = MappingProxyType({}),
        replicas: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` is that of ``tenure``. ``commands`` has the entries in the engine that ask for orders, by
        the ids of the orders: one that was withdrawn there is not journaled. So many ``replicas`` of the
        engine must have an order before it is sent. Raises ``Halted`` if the engine cannot be read, or if
        there is another owner by now."""
        self._engine = engine
        self._tenure = tenure
        self._local = local
        self._clock = clock
        self._commands = commands
        self._replicas = replicas
        self._wall = wall
        self._number = self._confirmed = 0
        self._known: set[str] = set()  # ids that the engine has
        self._unconfirmed: dict[str, OrderEntry] = {}  # intents that it may have, and that were not sent
        with self._translated():
            counted = engine.intend(tenure.duty, tenure.epoch, 0, [])
            assert not isinstance(counted, Refusal)  # nothing is intended
            self._number = self._confirmed = counted.before
            self._restored = {order.id: order for order in map(_order, engine.orders(tenure.duty, RECENT))}
            self._known |= self._restored.keys()
            self._repair()
            self._mirror_halt()

    def __repr__(self) -> str:
        return f"<ClusterJournal of {self._tenure!r}, {self._number} writes>"

    @property
    def unsettled(self) -> bool:
        return self._local.unsettled

    @property
    def sends_until(self) -> float:
        """The end of the lease, less its margin."""
        return self._clock() if self._tenure.lost else self._tenure.safe_until

    def refusal(self) -> str | None:
        return self._lapse() or self._local.refusal()

    def find(self, id: str) -> Order | None:
        with self._translated():
            data = self._engine.order(self._tenure.duty, id)
        if data is not None:
            return _order(data)
        found = self._local.find(id)
        return None if found is None or found.state in UNFINISHED else found

    def retired(self, id: str) -> OrderState | None:
        return self._local.retired(id)

    def settle(self) -> None:
        self._local.settle()

    def since(self, created_at: float) -> list[Order]:
        return [order for order in self._restored.values() if order.created_at >= created_at]

    def load(self) -> list[Order]:
        return self._load(order for order in self._restored.values() if order.pending is None)

    def load_pending(self) -> list[Order]:
        return self._load(order for order in self._restored.values() if order.pending is not None)

    def write(self, orders: Sequence[Order]) -> None:
        """An order that is written for the first time, to be sent, is an intent: the engine refuses it while
        the account is halted, and with ``NotSent`` if the command that asks for it was withdrawn. All other
        states are what became of orders, and are always taken."""
        if not orders:
            return
        if (refusal := self.refusal()) is not None:
            raise Halted(refusal)
        self._journal([self._entry(order, is_new=order.id not in self._known) for order in orders])
        self._local.write(orders)
        if (lapse := self._lapse()) is not None:
            raise Halted(lapse)

    def note(self, orders: Sequence[Order]) -> None:
        if not orders:
            return
        try:
            self._journal([self._entry(order, is_new=False) for order in orders])
        finally:
            self._local.note(orders)  # it is true, whichever host may say it to the others

    def halted(self) -> str | None:
        with self._translated():
            return self._engine.halted(self._tenure.duty)

    def halt(self, reason: str) -> None:
        with self._translated():
            self._engine.halt(self._tenure.duty, reason)
        self._local.halt(reason)

    def resume(self) -> bool:
        with self._translated():
            was_halted = self._engine.resume(self._tenure.duty)
        return self._local.resume() or was_halted

    def tidy(self) -> None:
        self._local.tidy()
        with self._translated():
            self._engine.trim(self._tenure.duty, KEPT)

    def close(self) -> None:
        self._local.close()

    def _load(self, orders: Iterable[Order]) -> list[Order]:
        finished, found = 0, []
        for order in sorted(orders, key=lambda each: each.created_at, reverse=True):
            finished += order.state not in UNFINISHED
            if order.state in UNFINISHED or finished <= FINISHED_LOADED:
                found.append(order)
        return found[::-1]

    def _lapse(self) -> str | None:
        """Why this host may not act for the account; ``None`` if it may."""
        tenure = self._tenure
        if tenure.lost:
            return f"this host has lost {tenure.duty}: {tenure.lost}"
        if not tenure.confirmed:
            return f"the replicas of the engine have not confirmed the lease of {tenure.duty} yet"
        if not tenure.safe(self._clock()):
            return f"the lease of {tenure.duty} has not been renewed in time"
        return None

    def _entry(self, order: Order, *, is_new: bool) -> OrderEntry:
        data = msgspec.json.encode(order)
        match order.state:
            case OrderState.JOURNALED if is_new:
                return OrderEntry("intent", order.id, data)
            case OrderState.NOT_SENT:
                return OrderEntry("unsent", order.id, data)
            case state:
                return OrderEntry("open" if state in UNFINISHED else "finished", order.id, data)

    def _journal(self, entries: Sequence[OrderEntry]) -> None:
        """All of ``entries``, and before them that intents were not sent of which the engine did not say that
        it has them."""
        entries = [*self._unconfirmed.values(), *entries]
        self._number += 1
        asked = (self._commands.get(entry.id) for entry in entries if entry.kind == "intent")
        with self._translated():
            try:
                stored = self._engine.intend(
                    self._tenure.duty,
                    self._tenure.epoch,
                    self._number,
                    entries,
                    command=next(filter(None, asked), ""),
                    replicas=self._replicas,
                )
            except EngineAway:
                for entry in entries:
                    if entry.kind == "intent":
                        self._unconfirmed[entry.id] = entry._replace(kind="unsent", data=_unsent(entry.data))
                raise
            if isinstance(stored, Refusal):
                raise _refused(stored)
            if stored.before >= self._number:  # nothing was stored: this number was another owner's
                self._number = stored.before
                raise Halted(
                    f"another host writes by the same epoch of {self._tenure.duty}, which a failover of the"
                    " engine has lost: the next renewal ends one of them"
                )
            self._unconfirmed.clear()
            for entry in entries:
                (self._known.discard if entry.kind == "unsent" else self._known.add)(entry.id)
            lost, self._confirmed = stored.before < self._confirmed, self._number
            if lost:
                text = (
                    "the engine has lost what it had confirmed of {}: it is written again; look at its disk"
                )
                logger.error(text, self._tenure.duty)
                self._repair()

    def _repair(self) -> None:
        """Write again what the engine has lost, as far as this host has written it. What is in the engine
        counts: a later owner may have written it."""
        oldest = self._wall() - KEPT
        own = [
            order
            for order in [*self._local.load(), *self._local.load_pending()]
            if order.state is not OrderState.NOT_SENT and order.created_at >= oldest
        ]
        known = self._engine.known(self._tenure.duty, [order.id for order in own])
        if lost := [order for order in own if order.id not in known]:
            logger.warning("{} orders of {} are put back into the engine", len(lost), self._tenure.duty)
            self._restored |= {order.id: order for order in lost}
            self._journal([self._entry(order, is_new=False) for order in lost])

    def _mirror_halt(self) -> None:
        """In the file: a person may have halted or resumed by another host."""
        reason = self._engine.halted(self._tenure.duty)
        if self._local.refusal() is not None:
            return
        if reason is not None:
            self._local.halt(reason)
        elif self._local.halted() is not None:
            self._local.resume()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Fenced as error:
            self._tenure.lost = str(error)
            raise Halted(f"this host has lost {self._tenure.duty}: {error}") from None
        except EngineAway as error:
            raise Halted(str(error)) from None


def _refused(refusal: Refusal) -> NotSent:
    match refusal.kind:
        case "halted":
            return Halted(refusal.why)
        case "withdrawn":
            return NotSent("a caller that asked for it has withdrawn it")
        case "known":
            return Halted(f"the engine has an order {refusal.why} already")


def _order(data: bytes) -> Order:
    try:
        return msgspec.json.decode(data, type=Order)
    except msgspec.MsgspecError as error:
        raise Halted(f"an order in the engine cannot be read: {error}") from None


def _unsent(data: bytes) -> bytes:
    order = _order(data).become(OrderState.NOT_SENT, reason="the engine did not say that it has it")
    return msgspec.json.encode(order)
