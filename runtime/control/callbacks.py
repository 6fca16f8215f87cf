"""What a peer may have done to the runtime as a whole."""

import os
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from actors.values import Region
from runtime.control.protocol import VERSION, Welcome
from runtime.control.reply_slot import Callback


class Callbacks(NamedTuple):
    """``introduce`` and ``stop`` must return at once; ``reload`` may take its time, and raise."""

    introduce: Callable[[], Welcome]
    reload: Callable[[], list[str]]
    stop: Callable[[], object]

    def reload_in_background(self, take: Callback) -> None:
        """``take`` gets what comes of ``reload``, in a thread of its own."""

        def run() -> None:
            try:
                changed = self.reload()
            except Exception as error:  # noqa: BLE001  # whatever it is, the operator hears of it
                take(None, error)
            else:
                take(changed, None)

        threading.Thread(target=run, name="reload", daemon=True).start()


def introduce(session: str, venue: str, regions: list[Region], started_at: float) -> Welcome:
    """This process's runtime, ``started_at`` (monotonic), to one who has come in."""
    return Welcome(VERSION, os.getpid(), session, time.monotonic() - started_at, regions, venue)
