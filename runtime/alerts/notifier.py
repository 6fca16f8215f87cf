"""The actor that wakes an operator."""

import functools
import time
from collections.abc import Sequence
from typing import Any, Final

from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.router_ref import RouterRef
from actors.messages.commands import GetStatus, Subscribe
from actors.messages.events import Event, OrderInDoubt
from actors.messages.lifecycle import Begin
from actors.messages.status import Status
from runtime.alerts.alert_book import AlertBook, Notice
from runtime.alerts.channels import Channel, SendFailed
from runtime.alerts.conditions import TARGET, found_in

CHECK: Final = 5.0
"""Seconds between two looks at the status, if no event hurries them."""

TOPICS: Final = ("outage.>", "order.unknown", "trading.>", "actor.quarantined", "stream.stale")
"""Events that make it look at once."""

RETRIES: Final = (5.0, 15.0, 60.0, 300.0)
"""Seconds before a notice is sent again that did not arrive; after the last it is given up, and what still
lasts is told by the next one."""


class WatchOver(Struct, frozen=True):
    """Begin to look at the status of ``router``."""

    router: RouterRef


class _Look(Struct, frozen=True):
    pass


class _Seen(Struct, frozen=True):
    status: Status | None


class _Send(Struct, frozen=True):
    channel: Channel
    notice: Notice
    tries: int = 0


class Notifier(RuntimeActor):
    """Owns the alerts and the channels. Receives ``WatchOver``, and events that say that something may be
    wrong. Asks for the status and sends notices.

    It blocks while it sends, so it has a thread of its own.
    """

    def __init__(
        self, book: AlertBook, channels: Sequence[Channel], target: str = TARGET, **kwargs: Any
    ) -> None:
        """``target`` is what the commands name that a text advises."""
        super().__init__("notifier", **kwargs)
        self._target = target
        self._book = book
        self._channels = channels
        self._in_doubt: list[OrderInDoubt] = []
        self._asked = False
        self._router: RouterRef

    def on_receive(self, message: Any) -> None:
        match message:
            case _Look():
                self._look()
            case _Seen(status=status):
                self._asked = False
                if status is not None:
                    self._on_status(status)
            case _Send():
                self._send(message)
            case Event():
                if isinstance(message, OrderInDoubt):
                    self._in_doubt.append(message)
                self._look()
            case WatchOver(router=router):
                self._router = router
                for topic in TOPICS:
                    router.tell(Subscribe(topic, to=self.actor_ref))
                self.every(CHECK, _Look())
                self._look()
            case Begin():
                pass
            case _:
                self.unexpected(message)

    def _look(self) -> None:
        if self._asked or not self._router.is_alive():
            return
        self._asked = True
        seen = functools.partial(_tell_seen, self.actor_ref)
        self._router.ask_then(GetStatus(), seen, timeout=CHECK)

    def _on_status(self, status: Status) -> None:
        if not status.desk.in_doubt + status.pending.in_doubt:
            self._in_doubt.clear()
        self._book.look(found_in(status, self._in_doubt, self._target), self.now(), time.time())
        if (notice := self._book.due(self.now())) is not None:
            for channel in self._channels:
                self._send(_Send(channel, notice))

    def _send(self, sending: _Send) -> None:
        channel, notice, tries = sending.channel, sending.notice, sending.tries
        try:
            channel.send(notice)
        except SendFailed as failed:
            if tries == len(RETRIES):
                text = "{} did not take {!r}: {}; it is given up: look at the section alerts"
                logger.error(text, channel.name, notice.title, failed)
                return
            delay = RETRIES[tries]
            logger.warning(
                "{} did not take {!r}: {}; next try in {:g} s", channel.name, notice.title, failed, delay
            )
            self.after(delay, _Send(channel, notice, tries + 1))
        else:
            logger.info("{} was told: {}", channel.name, notice.title)


def _tell_seen(notifier: Any, status: Any, error: BaseException | None) -> None:
    """Called in the thread of the router, or in that of the notifier."""
    if notifier.is_alive():
        notifier.tell(_Seen(status if error is None else None))
