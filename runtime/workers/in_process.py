"""The main process as a host: with no workers, connections live right here."""

import functools
from typing import Any

import pykka

from actors.connection.connection import Connection
from actors.connection.group import ConnectionGroup
from actors.engine.dispatcher import Dispatcher
from actors.errors import WorkerDied
from actors.messages.lifecycle import StartConnection, Tellable
from runtime.workers.dialing import dial


class InProcessWorker:
    """A ``Host`` whose connections tell ``router`` directly; ``dispatcher`` is best the router's own."""

    pid = 0

    def __init__(self, router: Tellable, dispatcher: Dispatcher) -> None:
        start = functools.partial(_start_connection, router, dispatcher)
        self._host = ConnectionGroup.start(start, dispatcher=dispatcher)

    def tell(self, message: Any) -> None:
        try:
            self._host.tell(message)
        except pykka.ActorDeadError as error:
            raise WorkerDied("the connection host of this process has ended") from error

    def kill(self, patience: float = 0.0) -> str:
        self._host.stop(block=False)
        return ""


def _start_connection(
    router: Tellable, dispatcher: Dispatcher, start: StartConnection, guardian: Tellable
) -> pykka.ActorRef[Connection]:
    return Connection.start(start, router, dial, guardian=guardian, dispatcher=dispatcher)
