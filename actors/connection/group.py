"""The connections of one process: starts them, stops them and passes requests on to them."""

from collections.abc import Callable
from typing import Any

import pykka

from actors.engine.actor import RuntimeActor
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin, ConnectionEnded, Tellable
from actors.messages.traffic import Send
from actors.messages.workers import StartConnection, StopConnection, StopWorker, UseTaps
from actors.values import Life

StartActor = Callable[[StartConnection, Tellable], Tellable]
"""Starts a connection actor with this guardian."""


class ConnectionGroup(RuntimeActor):
    """Owns the connection actors of its process. The supervisor decides whether one starts again.

    Receives ``Send``, ``UseTaps``, ``StartConnection``, ``StopConnection``, ``StopWorker`` and
    ``ConnectionEnded``; sends to its connections. After ``StopWorker`` it ends as soon as the last connection
    has ended.
    """

    def __init__(
        self, start_connection: StartActor, *, name: str = "connection group", **kwargs: Any
    ) -> None:
        super().__init__(name, **kwargs)
        self._start_connection = start_connection
        self._connections: dict[str, tuple[Life, Tellable]] = {}
        self._taps = UseTaps(())
        self._stopping = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Send(connection=name) | StopConnection(connection=name):
                self._pass_on(name, message)
            case StartConnection(connection=name):
                self._pass_on(name, StopConnection(name))
                self._connections[name] = (message.life, self._start_connection(message, self.actor_ref))
                if self._taps.covers(name):
                    self._pass_on(name, self._taps)
            case UseTaps():
                self._taps = message
                for name in list(self._connections):
                    self._pass_on(name, message)
            case ConnectionEnded():
                self._forget(message)
            case StopWorker():
                self._stopping = True
                for name in list(self._connections):
                    self._pass_on(name, StopConnection(name))
                self._stop_when_empty()
            case Begin() | ActorFailed() | ActorEnded():
                pass  # the connection has sent ConnectionEnded before
            case _:
                self.unexpected(message)

    def _pass_on(self, name: str, message: Send | UseTaps | StopConnection) -> None:
        try:
            if name in self._connections:
                self._connections[name][1].tell(message)
        except pykka.ActorDeadError:
            # It has published ConnectionDown, and ConnectionEnded is in our inbox.
            return

    def _forget(self, ended: ConnectionEnded) -> None:
        life, _ = self._connections.get(ended.connection, (None, None))
        if life == ended.life:
            del self._connections[ended.connection]
        self._stop_when_empty()

    def _stop_when_empty(self) -> None:
        if self._stopping and not self._connections:
            self.stop()
