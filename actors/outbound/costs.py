"""How many messages on the wire a request is."""

from collections.abc import Mapping

from actors.messages.commands import Command
from actors.messages.traffic import Request, RequestPart


def cost_of(messages_per_command: Mapping[type[Command], int], request: Request) -> int:
    """1 unless the venue's table says otherwise."""
    messages = messages_per_command.get(type(request.command), 1)
    match request.part:
        case RequestPart.WHOLE:
            return messages
        case RequestPart.FIRST:
            return 1
        case RequestPart.REST:
            return messages - 1
