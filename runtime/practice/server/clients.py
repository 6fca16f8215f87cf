"""Who is connected to the exchange, in all of its regions."""

from collections.abc import Iterable, Iterator

from runtime.practice.server import packets
from runtime.practice.server.connection import Connection, Stage


class Audience:
    """All sockets; what is published goes to those that are logged in."""

    def __init__(self) -> None:
        self._clients: dict[int, Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._clients.values())

    def add(self, client: Connection) -> None:
        self._clients[client.id] = client

    def remove(self, client: Connection) -> None:
        del self._clients[client.id]

    def authenticated(self) -> list[Connection]:
        return [client for client in self if client.stage is Stage.AUTHENTICATED]

    def publish(self, name: str, payload: object) -> int:
        """Send one event to everyone; answers with how many got it."""
        return self.send(self.authenticated(), packets.binary_event(name), packets.encode(payload))

    @staticmethod
    def send(clients: Iterable[Connection], *messages: str | bytes) -> int:
        """Send messages to some; answers with how many got them."""
        return sum(client.send(*messages) for client in clients)
