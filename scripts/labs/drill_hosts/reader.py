"""A program that reads a feed by the engine, whichever host has it, and what it should have got."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from actors.errors import NoRuntime
from actors.messages import Subscribe
from actors.messages.events import StreamGap
from actors.values import Tick
from runtime import attach
from runtime.practice.ledger import ExchangeLedger

FEED: Final = "otc"
ASSETS: Final = ("EURUSD_otc", "GBPUSD_otc", "AUDCAD_otc")
ATTACHES_WITHIN: Final = 30.0
PAUSE: Final = 0.05


class Reading:
    """A context manager; attached until its end. ``ticks`` and ``gaps`` are in their order."""

    def __init__(self, url: str) -> None:
        """``url`` is that of the engine."""
        self._url = url
        self._stack = ExitStack()
        self._changed = threading.Condition()
        self.ticks: list[Tick] = []
        self.gaps: list[StreamGap] = []

    def __enter__(self) -> Self:
        due = time.monotonic() + ATTACHES_WITHIN
        while True:
            try:
                attachment = self._stack.enter_context(attach(self._url, account=FEED, timeout=1.0))
                break
            except NoRuntime:
                if time.monotonic() > due:
                    raise
                time.sleep(PAUSE)
        for topic in ("tick.", "stream.gap"):
            attachment.router.ask(Subscribe(topic, to=self._take), timeout=ATTACHES_WITHIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def await_ticks(self, timeout: float) -> bool:
        """Whether each asset has another tick that is made from now on, within ``timeout`` seconds."""
        now = time.time()

        def ticking() -> bool:
            return {tick.asset for tick in self.ticks if tick.received_at > now} >= set(ASSETS)

        with self._changed:
            return self._changed.wait_for(ticking, timeout)

    def _take(self, event: Tick | StreamGap) -> None:
        with self._changed:
            if isinstance(event, Tick):
                self.ticks.append(event)
            else:
                self.gaps.append(event)
            self._changed.notify_all()


class FeedScore:
    """``violations`` are sentences; a good run has none."""

    def __init__(self, ticks: Sequence[Tick], gaps: Sequence[StreamGap], ledger: ExchangeLedger) -> None:
        self._ticks = ticks
        self._gaps = gaps
        self.missing = 0
        self.violations = [text for asset in ASSETS for text in self._violations(asset, ledger)]

    def summary(self) -> str:
        reasons = Counter(gap.reason for gap in self._gaps)
        told = "".join(f", {count} gaps: {reason}" for reason, count in reasons.items())
        return f"{len(self._ticks)} ticks read, {self.missing} missing in announced gaps{told}"

    def _violations(self, asset: str, ledger: ExchangeLedger) -> Iterator[str]:
        got = [(tick.time, tick.price) for tick in self._ticks if tick.asset == asset]
        if not got:
            yield f"no tick of {asset} was read"
            return
        if got != sorted(set(got)):
            yield f"ticks of {asset} came twice, or not in their order"
        sent = {(tick.time, tick.price) for tick in ledger.ticks(asset)}
        missed = {quote for quote in sent if got[0] < quote < got[-1]} - set(got)
        self.missing += len(missed)
        spans = [(gap.from_time, gap.to_time) for gap in self._gaps if gap.asset == asset]
        silent = sorted(at for at, _ in missed if not any(start < at < end for start, end in spans))
        if silent:
            yield f"{len(silent)} ticks of {asset} are missing outside of gaps, the first at {silent[0]}"
        if foreign := set(got) - sent:
            yield f"{len(foreign)} ticks of {asset} were never sent"
