"""A dial in a thread of its own, its result handed over."""

import threading
from collections.abc import Callable

from actors.errors import DialFailed
from actors.transport.base import Transport


def dial_in_background(
    name: str, dial: Callable[[], Transport], tell: Callable[[Transport | DialFailed], None]
) -> None:
    """Call ``dial`` and hand its transport, or the ``DialFailed`` that it raised, to ``tell``.

    Both run in a daemon thread called ``name``: the look-up of a host name can block without limit.
    """

    def run() -> None:
        try:
            result: Transport | DialFailed = dial()
        except DialFailed as error:
            result = error
        tell(result)

    threading.Thread(target=run, name=name, daemon=True).start()
