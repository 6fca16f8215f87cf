"""A message of the user's own, and the venue's answer to it."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import pykka

from actors.engine.router_ref import RouterRef
from actors.errors import RequestTimeout
from actors.messages.commands import SendRaw, Subscribe, Unsubscribe
from actors.messages.events import ConnectionDown, WireMessage
from actors.messages.topics import ONE, WIRE
from actors.values import Life

RAW_TIMEOUT: Final = 10.0
"""Seconds."""

Matches = Callable[[WireMessage], object]


class RawReply:
    """Waits for the first message that ``matches`` on the life that the text was sent on.

    The life is known only once the text has left, and the answer may come first: until then every event is
    kept. ``future`` has the message, or what ``matches`` raised.
    """

    def __init__(self, matches: Matches) -> None:
        self.future: Future[WireMessage] = Future()
        self._matches = matches
        self._lock = threading.Lock()
        self._life: Life | None = None
        self._early: list[WireMessage | ConnectionDown] = []

    def on_event(self, event: WireMessage | ConnectionDown) -> None:
        """Called from any thread."""
        with self._lock:
            if self._life is None:
                self._early.append(event)
            else:
                self._judge(event, self._life)

    def on_sent(self, life: Life) -> None:
        with self._lock:
            self._life = life
            for event in self._early:
                self._judge(event, life)
            self._early.clear()

    def _judge(self, event: WireMessage | ConnectionDown, life: Life) -> None:
        if event.life != life or self.future.done():
            return
        if isinstance(event, ConnectionDown):
            self.future.set_exception(RequestTimeout(f"{life} was lost before an answer: {event.reason}"))
            return
        try:
            found = bool(self._matches(event))
        except Exception as error:  # noqa: BLE001  # the caller's own, which the caller gets
            self.future.set_exception(error)
            return
        if found:
            self.future.set_result(event)


def reply_topics(connection: str) -> tuple[str, str]:
    """What a ``RawReply`` has to be told; ``""``: any connection may take the text."""
    return f"{WIRE}.{connection or ONE}", ConnectionDown.base_topic


def no_match(timeout: float) -> RequestTimeout:
    return RequestTimeout(f"no message matched within {timeout:g} s")


def request_raw(
    router: RouterRef, text: str, matches: Matches, *, connection: str = "", timeout: float = RAW_TIMEOUT
) -> WireMessage:
    """Send ``text`` as ``SendRaw`` does, and return the first ``WireMessage`` of that connection for which
    ``matches`` is true.

    ``matches`` is called in a thread of its own with each message since just before the text left: make it
    narrow, so that no earlier message fits. A body without its name is a message too. What it raises is
    raised here. ``router`` is that of a runtime or of an attachment; ``timeout`` is in seconds.

    Raises what ``SendRaw`` raises, and ``RequestTimeout`` if nothing matches in time or the connection is
    lost. Nothing is sent twice.
    """
    reply = RawReply(matches)
    until = time.monotonic() + timeout
    topics = reply_topics(connection)
    try:
        for topic in topics:
            router.ask(Subscribe(topic, to=reply.on_event), timeout=_left(until))
        reply.on_sent(router.ask(SendRaw(text, connection), timeout=_left(until)))
        try:
            return reply.future.result(_left(until))
        except TimeoutError:
            if reply.future.done():  # it is what matches raised
                raise
            raise no_match(timeout) from None
    finally:
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
            for topic in topics:
                router.tell(Unsubscribe(topic, to=reply.on_event))


def _left(until: float) -> float:
    return max(0.001, until - time.monotonic())
