"""The connections of a runtime without worker processes: they run in the main process."""

import functools
from collections.abc import Callable
from typing import Any

import pykka

from actors.connection.connection import Connection
from actors.connection.group import ConnectionGroup
from actors.engine.dispatcher import Dispatcher
from actors.engine.ref import here
from actors.errors import WorkerDied
from actors.messages.lifecycle import Tellable
from actors.messages.workers import StartConnection
from runtime.workers.dialing import dial, open_session, witness

StartIn = Callable[[Tellable, Dispatcher, StartConnection, Tellable], Tellable]
"""Starts a connection that tells the first its events, in this dispatcher, with this guardian."""


def start_connection(
    router: Tellable, dispatcher: Dispatcher, start: StartConnection, guardian: Tellable
) -> Tellable:
    """A connection to the venue."""
    return here(
        Connection.start(
            start, router, dial, open_session, witness(start), guardian=guardian, dispatcher=dispatcher
        )
    )


class InProcessWorker:
    """A ``WorkerHandle`` whose connections tell ``router`` their events and run in ``dispatcher``: the
    router's own, so that a tick wakes one thread and takes one turn in it. ``start`` starts one of them."""

    pid = 0

    def __init__(self, router: Tellable, dispatcher: Dispatcher, start: StartIn = start_connection) -> None:
        begin = functools.partial(start, here(router), dispatcher)
        self._connections = ConnectionGroup.start(begin, dispatcher=dispatcher)

    def tell(self, message: Any) -> None:
        try:
            self._connections.tell(message)
        except pykka.ActorDeadError as error:
            raise WorkerDied("the connections of this process have ended") from error

    def kill(self, patience: float = 0.0) -> str | None:
        self._connections.stop(block=False)
        return ""
