"""The router by itself: what it lets go of."""

import threading
from typing import Any

from actors.messages.commands import Subscribe
from actors.routing.messages import LinkOpened
from actors.routing.router import Router
from tests.doubles.recorder import WAIT, Recording


class _Link:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def fileno(self) -> int:
        raise AssertionError("it is not to be watched")

    def receive(self) -> list[Any]:
        raise AssertionError("it is not to be read")

    def close(self) -> None:
        self.closed.set()


def test_a_link_that_was_opened_too_late_to_be_read_is_closed() -> None:
    busy, go_on, link, subscriber = threading.Event(), threading.Event(), _Link(), Recording()

    def start_subscriber(_: Subscribe) -> Any:
        busy.set()
        assert go_on.wait(WAIT)
        return subscriber.ref

    router = Router.start(start_subscriber, 1.0, {})
    router.tell(Subscribe("", to=print))
    assert busy.wait(WAIT)
    router.tell(LinkOpened("worker-1", 1, link))
    router.stop(block=False)
    go_on.set()
    assert link.closed.wait(WAIT)
