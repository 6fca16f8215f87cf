"""The connections of one process: starts them, stops them and hands them what is to be sent."""

from collections.abc import Callable
from typing import Any

import pykka

from actors.engine.actor import RuntimeActor
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin, ConnectionEnded, Tellable
from actors.messages.traffic import Send
from actors.messages.workers import StartConnection, StopConnection, StopWorker

StartActor = Callable[[StartConnection, Tellable], pykka.ActorRef[Any]]
"""Starts a connection actor with this guardian."""


class ConnectionGroup(RuntimeActor):
    """Owns the connection actors of its process; whether a dead one lives again is the supervisor's affair.

    Receives ``Send``, ``StartConnection``, ``StopConnection``, ``StopWorker`` and ``ConnectionEnded``;
    sends to its connections. After ``StopWorker`` it ends with the last of them.
    """

    def __init__(self, start_connection: StartActor, *, name: str = "connection host", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._start_connection = start_connection
        self._connections: dict[str, tuple[int, pykka.ActorRef[Any]]] = {}
        self._stopping = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Send(connection=name) | StopConnection(connection=name):
                self._pass_on(name, message)
            case StartConnection(connection=name, epoch=epoch):
                self._pass_on(name, StopConnection(name))
                self._connections[name] = (epoch, self._start_connection(message, self.actor_ref))
            case ConnectionEnded():
                self._forget(message)
            case StopWorker():
                self._stopping = True
                for name in list(self._connections):
                    self._pass_on(name, StopConnection(name))
                self._stop_when_empty()
            case Begin() | ActorFailed() | ActorEnded():
                pass  # every connection has sent ConnectionEnded before
            case _:
                self.unexpected(message)

    def _pass_on(self, name: str, message: Send | StopConnection) -> None:
        try:
            if name in self._connections:
                self._connections[name][1].tell(message)
        except pykka.ActorDeadError:
            # Its ConnectionDown is on its way to everyone who needs to know, and so is ConnectionEnded.
            return

    def _forget(self, ended: ConnectionEnded) -> None:
        epoch, _ = self._connections.get(ended.connection, (0, None))
        if epoch == ended.epoch:
            del self._connections[ended.connection]
        self._stop_when_empty()

    def _stop_when_empty(self) -> None:
        if self._stopping and not self._connections:
            self.stop()
