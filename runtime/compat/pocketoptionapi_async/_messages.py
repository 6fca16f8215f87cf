"""What becomes of a message that a script would send itself."""

import json
from typing import Any

from actors.messages import SendRaw
from runtime.compat.pocketoptionapi_async._connection import Connection
from runtime.compat.pocketoptionapi_async.exceptions import InvalidParameterError

_NOT_SENT = {
    "auth": "the runtime logs in itself",
    "openOrder": "place_order does: it journals each before it leaves, and finds out what became of it",
    "openPendingOrder": "PlacePendingOrder of tellwire sends pending orders, and journals them",
    "cancelPendingOrder": "CancelPendingOrder of tellwire cancels pending orders",
}


async def send(connection: Connection, message: str) -> None:
    """Streams begin and end as the runtime's own, which bring them back after a reconnect; other messages
    leave as they are. Raises ``InvalidParameterError`` for those that only the runtime may send."""
    event, data = _parts(message)
    if event in _NOT_SENT:
        raise InvalidParameterError(f"send_message does not send {event}: {_NOT_SENT[event]}")
    match event, data:
        case "changeSymbol", {"asset": str() as asset}:
            await connection.stream(asset)
        case "subfor", str() as asset:
            await connection.stream(asset)
        case "unsubfor", str() as asset:
            await connection.unstream(asset)
        case _:
            await connection.runtime.ask(SendRaw(message))


def _parts(message: str) -> tuple[str, Any]:
    """The name and the data of an event; ``""`` for any other message."""
    if not message.startswith("42["):
        return "", None
    try:
        name, *data = json.loads(message[2:])
    except (ValueError, RecursionError):
        return "", None
    return str(name), data[0] if data else None
