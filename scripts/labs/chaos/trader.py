"""A process that places its orders through the runtime of another process, across that one's restarts.

Its standard input and output are those of ``labs.chaos.child``. Of the settings it uses the control socket.
"""

import sys
import threading
from typing import Any

import msgspec

from actors.errors import NoRuntime, RequestRefused
from actors.messages import Event, Subscribe
from labs.chaos.child import Brief, work
from runtime import attach
from runtime.control.attachment import Attachment

RETRY = 0.05
"""Seconds until the next attempt to attach."""


class Ended(Exception):
    """No runtime will be started again."""


class Reach:
    """The router of the runtime at ``place``; a call waits while no runtime is up."""

    def __init__(self, place: str, news: threading.Event, ended: threading.Event) -> None:
        self._place = place
        self._news = news
        self._ended = ended
        self._attachment: Attachment | None = None

    def __call__(self) -> Any:
        while self._attachment is None or self._attachment.ended.is_set():
            if self._ended.is_set():
                raise Ended
            self._attach()
        return self._attachment.router

    def close(self) -> None:
        if self._attachment is not None:
            self._attachment.close()
            self._attachment = None

    def _attach(self) -> None:
        self.close()
        try:
            self._attachment = attach(self._place)
        except (NoRuntime, RequestRefused):
            self._ended.wait(RETRY)
        else:
            self._attachment.router.tell(Subscribe("order.", to=self._on_event))
            self._news.set()  # events may have passed while this process was not attached

    def _on_event(self, _: Event) -> None:
        self._news.set()


def trade(reach: Reach, brief: Brief, news: threading.Event, ended: threading.Event) -> None:
    try:
        work(reach, brief, news, ended)
    except Ended:
        return


def main() -> int:
    brief = msgspec.json.decode(sys.stdin.readline(), type=Brief)
    news, ended = threading.Event(), threading.Event()
    reach = Reach(brief.settings["control"]["socket"], news, ended)
    worker = threading.Thread(target=trade, args=(reach, brief, news, ended))
    worker.start()
    sys.stdin.read()
    ended.set()
    news.set()
    worker.join()
    reach.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
