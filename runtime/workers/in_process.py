"""The connections of a runtime without worker processes: they run in the main process."""

import functools
from typing import Any

import pykka

from actors.connection.connection import Connection
from actors.connection.group import ConnectionGroup
from actors.engine.dispatcher import Dispatcher
from actors.errors import WorkerDied
from actors.messages.lifecycle import Tellable
from actors.messages.workers import StartConnection
from runtime.workers.dialing import dial, open_session


class InProcessWorker:
    """A ``WorkerHandle`` whose connections tell ``router`` their events and run in ``dispatcher``: the
    router's own, so that a tick wakes one thread."""

    pid = 0

    def __init__(self, router: Tellable, dispatcher: Dispatcher) -> None:
        start = functools.partial(_start_connection, router, dispatcher)
        self._connections = ConnectionGroup.start(start, dispatcher=dispatcher)

    def tell(self, message: Any) -> None:
        try:
            self._connections.tell(message)
        except pykka.ActorDeadError as error:
            raise WorkerDied("the connections of this process have ended") from error

    def kill(self, patience: float = 0.0) -> str | None:
        self._connections.stop(block=False)
        return ""


def _start_connection(
    router: Tellable, dispatcher: Dispatcher, start: StartConnection, guardian: Tellable
) -> pykka.ActorRef[Connection]:
    return Connection.start(start, router, dial, open_session, guardian=guardian, dispatcher=dispatcher)
