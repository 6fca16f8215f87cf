"""The messages of the venue as text, for those that listen to them; and which texts a client may send."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from actors.messages.events import WireMessage
from actors.protocols.websocket.pairs import Pairs
from actors.values import Life, Secret
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.protocol import BINARY, TEXT, Message

_EVENT: Final = re.compile(rb'4(?:2|5[0-9]+-)[0-9]*\["((?:[^"\\]|\\.)*)"')
"""Socket.IO events over Engine.IO, with attachments or without (protocol 1.1). Pings, the handshake and its
ids are none: no listener needs them, and with the ids the socket could be taken over."""

_SCRUBBED: Final = "***"


class Tap:
    """Turns messages of one life into text. ``auth`` is the login message, of which nothing may appear."""

    def __init__(self, life: Life, auth: Secret) -> None:
        self._life = life
        self._secrets = _secrets(auth.value)
        self._name = ""

    def read(self, messages: Iterable[Message]) -> list[WireMessage]:
        """The events among ``messages``; an attachment has the name of the header before it."""
        return list(self._events(messages))

    def _events(self, messages: Iterable[Message]) -> Iterator[WireMessage]:
        for opcode, payload in _singles(messages):
            if opcode == BINARY:
                yield self._event(payload, attachment=True)
            elif found := _EVENT.match(payload):
                self._name = found[1].decode(errors="replace")
                yield self._event(payload)

    def _event(self, payload: bytes, *, attachment: bool = False) -> WireMessage:
        text = payload.decode(errors="replace")
        for secret in self._secrets:
            text = text.replace(secret, _SCRUBBED)
        return WireMessage(*self._life, self._name, text, attachment)


def refuse_text(text: str) -> str:
    """A client sends events (protocol 1.6): ``42["name"]`` or ``42["name",payload]``. The runtime itself logs
    in, pings and leaves."""
    example = 'such as 42["ps"]'
    if not text.startswith("42["):
        return f"is no event of a client, {example}"
    try:
        parts = msgspec.json.decode(text[2:])
    except (msgspec.DecodeError, RecursionError):
        return f"is no event of a client: behind 42 it needs a JSON array, {example}"
    if not (parts and isinstance(parts[0], str)):
        return f"is no event of a client: the array begins with the name of the event, {example}"
    if parts[0] == "auth":
        return "is a login, which the runtime sends by itself"
    return ""


def _singles(messages: Iterable[Message]) -> Iterator[tuple[int, bytes]]:
    for message in messages:
        if isinstance(message, Pairs):
            for each in message:
                yield TEXT, TICK_HEADER
                yield BINARY, bytes(each)
        else:
            yield message


def _secrets(auth: str) -> list[str]:
    """The session as it is, and as it stands in JSON."""
    fields = json.loads(auth[auth.index("[") :])[1]
    session = fields["session"] if "session" in fields else fields["token"]
    return [json.dumps(session)[1:-1], msgspec.json.encode(session).decode()[1:-1], session]
