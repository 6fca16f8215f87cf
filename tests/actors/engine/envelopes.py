"""Tell an inbox something, ask it, and take out what waits."""

from typing import Any

import pykka

from actors.engine.inbox import Inbox
from actors.engine.pykka_internals import Envelope


def tell(inbox: Inbox, *messages: Any) -> None:
    for message in messages:
        inbox.put(Envelope(message))


def ask(inbox: Inbox, message: Any) -> pykka.Future[Any]:
    future: pykka.Future[Any] = pykka.ThreadingFuture()
    inbox.put(Envelope(message, reply_to=future))
    return future


def take(inbox: Inbox, count: int) -> list[Any]:
    return [inbox.get().message for _ in range(count)]


def take_all(inbox: Inbox) -> list[Any]:
    """All that can be had without waiting."""
    tell(inbox, "nothing left")
    taken = []
    while (message := inbox.get().message) != "nothing left":
        taken.append(message)
    return taken
