"""What may be sent raw, and on which connections."""

from collections.abc import Callable

from msgspec import Struct

from actors.messages.commands import CheckTopic, Command, SendRaw, Subscribe, WithdrawRaw
from actors.messages.topics import ONE, pattern


class RawRules(Struct, frozen=True):
    """``connections`` are the names of all that there may be; ``refuse_text`` says why a text is no message
    of the venue."""

    connections: tuple[str, ...] = ()
    refuse_text: Callable[[str], str] = lambda _: ""

    def problem(self, command: Command) -> str:
        """Why ``command`` cannot be carried out, ``""`` if it can."""
        match command:
            case SendRaw(text=text, connection=connection):
                wrong = self.refuse_text(text)
                return f"the text {wrong}" if wrong else self._unknown(connection)
            case WithdrawRaw(connection=connection):
                return self._unknown(connection)
            case Subscribe(topic=topic) | CheckTopic(topic=topic):
                return self._unknown(pattern(topic).wire_of.replace(ONE, ""))
        return ""

    def _unknown(self, connection: str) -> str:
        if not connection or connection in self.connections:
            return ""
        names = f"{self.connections[0]} to {self.connections[-1]}" if self.connections else "none"
        return f"no connection is called {connection!r}: there are {names}"
