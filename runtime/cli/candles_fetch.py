"""Loads candles step by step, from a runtime that lives for that alone: what has come survives the rest."""

import functools
import math
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from actors.errors import TellwireError
from actors.messages import CandlesProgress, LoadCandles, Subscribe
from actors.values import Candle
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.config import Config
from runtime.runtime import Runtime

PAGES_OF_A_STEP: Final = 10
"""Messages to the venue; an interruption loses so many at most."""


class Collected(Protocol):
    """What the steps are added to, the latest candles first."""

    @property
    def count(self) -> int: ...

    @property
    def next_end(self) -> float | None: ...

    def add(self, step: list[Candle]) -> None: ...


def fetch(
    config: Config, command: LoadCandles, collected: Collected, progress: Callable[[int], object]
) -> None:
    """Load what ``collected`` lacks of ``command`` from the configured venue, each page within
    ``connection.message_timeout``.

    ``progress`` is called from other threads with the number of candles that are there. Raises
    ``RequestError``, the failure of the runtime, an ``OSError`` of ``collected``, or ``KeyboardInterrupt`` on
    a signal; what was added stays.
    """
    loading = _Loading(config, command, collected)
    with (
        tempfile.TemporaryDirectory(prefix="tellwire-", ignore_cleanup_errors=True) as folder,
        StopReasons() as stop_reasons,
        Runtime(_lean(config, Path(folder))) as runtime,
    ):
        stop_reasons.watch(runtime.wait)

        def on_progress(event: CandlesProgress) -> None:
            progress(loading.before + event.loaded)

        runtime.router.tell(Subscribe("progress.>", to=on_progress))
        stop_reasons.watch(functools.partial(loading.run, runtime, progress), StopReason.DONE)
        match stop_reasons.wait(threading.TIMEOUT_MAX, lambda: None, None):
            case StopReason.SIGNAL:
                raise KeyboardInterrupt
            case _ if runtime.failure is not None:  # it fails the ask too
                raise runtime.failure
        if loading.error is not None:
            raise loading.error


class _Loading:
    """The steps, in a thread; ``before`` candles were there at the begin of the present one."""

    def __init__(self, config: Config, command: LoadCandles, collected: Collected) -> None:
        self._page = config.account.profile.candles_per_request
        self._timeout = config.connection.message_timeout
        self._command = command
        self._collected = collected
        self.before = 0
        self.error: TellwireError | OSError | None = None

    def run(self, runtime: Runtime, progress: Callable[[int], object]) -> None:
        try:
            while self._step(runtime):
                progress(self._collected.count)
        except (TellwireError, OSError) as error:
            self.error = error

    def _step(self, runtime: Runtime) -> bool:
        """Whether there may be more."""
        command, collected = self._command, self._collected
        self.before = collected.count
        wanted = min(command.count - self.before, PAGES_OF_A_STEP * self._page)
        if wanted <= 0:
            return False
        deadline = self._timeout * math.ceil(wanted / self._page)
        step = LoadCandles(command.asset, command.period, wanted, collected.next_end, deadline=deadline)
        found = runtime.router.ask(step)
        collected.add(found)
        return len(found) == wanted


class InMemory:
    """Steps that are not gone on with."""

    def __init__(self, end: float | None) -> None:
        self._end = end
        self.candles: list[Candle] = []

    @property
    def count(self) -> int:
        return len(self.candles)

    @property
    def next_end(self) -> float | None:
        return self.candles[0].time if self.candles else self._end

    def add(self, step: list[Candle]) -> None:
        self.candles = [*step, *self.candles]


def _lean(config: Config, folder: Path) -> Config:
    """One connection in this process, no streams, and an empty journal in ``folder``: a runtime that trades
    may hold the configured journal."""
    pool = config.pool.model_copy(update={"connections": 1, "workers": 0})
    orders = config.orders.model_copy(update={"journal": str(folder / "orders.sqlite")})
    return config.model_copy(update={"pool": pool, "orders": orders, "streams": []})
