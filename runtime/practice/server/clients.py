"""The clients that are connected to the exchange, in all regions."""

import asyncio
from collections.abc import Iterable, Iterator

from runtime.practice.server import packets
from runtime.practice.server.connection import ClientConnection, Stage

PATIENCE = 1.0
"""Seconds for a client that does not read."""


class Clients:
    """All connected clients; events are published to those that are logged in."""

    def __init__(self) -> None:
        self._clients: dict[int, ClientConnection] = {}

    def __iter__(self) -> Iterator[ClientConnection]:
        return iter(self._clients.values())

    def add(self, client: ClientConnection) -> None:
        self._clients[client.id] = client

    def remove(self, client: ClientConnection) -> None:
        del self._clients[client.id]

    def authenticated(self, uid: int | None = None) -> list[ClientConnection]:
        """Those that are logged in; with ``uid`` those of this account."""
        clients = [client for client in self if client.stage is Stage.AUTHENTICATED]
        return clients if uid is None else [client for client in clients if client.login.uid == uid]

    def publish(self, name: str, payload: object, uid: int | None = None) -> int:
        """Send one event to every client that is logged in, or to those of one account. Returns to how
        many."""
        return self.send(self.authenticated(uid), packets.binary_event(name), packets.encode(payload))

    async def flushed(self) -> None:
        """Wait until all messages are handed to the network, but no longer than ``PATIENCE`` for anyone."""
        waits = [asyncio.create_task(client.flushed()) for client in self]
        if waits:
            _, late = await asyncio.wait(waits, timeout=PATIENCE)
            for wait in late:
                wait.cancel()

    @staticmethod
    def send(clients: Iterable[ClientConnection], *messages: str | bytes) -> int:
        """Send messages to these clients. Returns how many accepted them."""
        return sum(client.send(*messages) for client in clients)
