"""Owners of an account by a real engine whose routers the test plays, and a process that is attached."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from actors.engine.actor import ReplySlot
from actors.engine.clock import elapsed
from actors.messages.lifecycle import Begin
from actors.messages.routing import Asked
from actors.tenancy.tenure import Tenure
from runtime import Attachment, attach
from runtime.cluster.engine import Engine
from runtime.cluster.outcomes import OrderEntry, Refusal, Stored
from runtime.control.front_desk import FrontDesk
from runtime.control.protocol import VERSION, Welcome
from tests.doubles.recorder import WAIT, Recorder, Recording

LEASE = 600.0


class _Answering(Recorder):
    """A router whose answers the test gives: each ask is seen with its reply slot."""

    def on_receive(self, message: Any) -> Any:
        match message:
            case Asked():
                self.seen.put((message, self.defer()))
            case _ if not isinstance(message, Begin):
                self.seen.put(message)


class PlayedOwner:
    """A host that owns the duty: its front desk, and its router."""

    def __init__(self, engine: Engine, duty: str, host: str) -> None:
        self.tenure = Tenure(duty, engine.acquire(duty, host, LEASE).epoch, elapsed() + LEASE)
        self.entries: dict[str, str] = {}
        self._engine, self._host = engine, host
        self.router = Recording(_Answering)
        welcome = Welcome(VERSION, 1, "practice", 0.0, [], host)
        self.desk = FrontDesk.start(engine, self.tenure, self.router.ref, welcome, self.entries)

    def told(self) -> Any:
        """What is not asked of its router."""
        return self.router.seen()

    def asked(self) -> tuple[Asked, ReplySlot]:
        """The next ask; what its router is told before that is passed over."""
        while not isinstance(found := self.router.seen(), tuple):
            pass
        return found

    def journal(self, order: str) -> Stored | Refusal:
        """Write the intent of an order that it was asked for; ``order`` is its id."""
        entry = OrderEntry("intent", order, b"{}")
        duty, epoch = self.tenure.duty, self.tenure.epoch
        return self._engine.intend(duty, epoch, 1, [entry], command=self.entries[order])

    def release(self) -> None:
        self._engine.release(self._host, {self.tenure.duty: self.tenure.epoch})

    def end(self) -> None:
        """Its process has died: nothing of it is left but the lease, which ends."""
        self.desk.stop()
        self.release()


@pytest.fixture
def own(engine: Engine, duty: str) -> Iterator[Callable[[str], PlayedOwner]]:
    with ExitStack() as owners:

        def own(host: str) -> PlayedOwner:
            owner = PlayedOwner(engine, duty, host)
            owners.callback(owner.router.ref.stop, block=False)
            owners.callback(owner.desk.stop, block=False)
            return owner

        yield own


@pytest.fixture
def asker(
    own: Callable[[str], PlayedOwner], engine_url: str, duty: str
) -> Iterator[tuple[PlayedOwner, Attachment]]:
    owner = own("h1")
    with attach(engine_url, account=duty.partition(":")[2], timeout=WAIT) as attachment:
        yield owner, attachment
