"""A worker that stands still and goes on later says what it has read meanwhile: nobody is told it twice."""

import os
import signal

import pytest

from actors.messages import ConnectionDown, ConnectionUp, Subscribe
from tests.journeys.journey import ASSETS, AT_ONCE, Notebook, Start, practice, quotes, status_of
from tests.journeys.streams.test_pool import suspect

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")


def test_ticks_of_a_life_that_was_declared_over_are_not_delivered(start_runtime: Start) -> None:
    config = practice(
        2,
        *ASSETS,
        tick_rate=50.0,
        pool={"connections": 8},
        reconnect=AT_ONCE,
        supervision={"heartbeat_timeout": 20.0},
    )
    runtime, notebook = start_runtime(config), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 8 and len(book.ticks()) > 100)
    status = status_of(runtime)
    carriers = {stream.placed.connection for stream in status.streams}
    worker = next(each.child.worker for each in status.connections if each.child.name in carriers)
    pid = next(each.pid for each in status.workers if each.name == worker)
    doomed = [each.child.name for each in status.connections if each.child.worker == worker]
    os.kill(pid, signal.SIGSTOP)
    try:
        suspect(runtime, *doomed)
        for name in doomed:
            notebook.first(ConnectionDown, connection=name)
        here = len(notebook.ticks())
        assert notebook.wait(lambda book: len(book.ticks()) > here + 200)
    finally:
        os.kill(pid, signal.SIGCONT)
    here = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > here + 400)
    for asset in ASSETS:
        got = quotes(notebook.ticks(asset))
        assert len(got) == len(set(got)), f"{len(got) - len(set(got))} of {len(got)} ticks came twice"
        assert got == sorted(got)
