"""Variants of the venue's messages that a client has to read: not failures, but forms seen at the venue."""

from typing import Annotated

from msgspec import Meta

from runtime.practice.faults.fault import Fault, Seconds


class BatchedTicks(Fault, frozen=True, tag="batched_ticks"):
    """Ticks of an asset are sent ``rows`` to an event."""

    rows: Annotated[int, Meta(ge=2, le=1000)] = 3
    asset: str | None = None
    lasts: Seconds | None = None


class WholeSeconds(Fault, frozen=True, tag="whole_seconds"):
    """Ticks have whole seconds as their times, live and in the history."""

    asset: str | None = None
    lasts: Seconds | None = None


class AssetsFirst(Fault, frozen=True, tag="assets_first"):
    """The asset table comes before ``successauth``."""

    region: str | None = None
    lasts: Seconds | None = None


class SixthColumn(Fault, frozen=True, tag="sixth_column"):
    """Candles of a stream's history have their number of ticks as a sixth column."""

    asset: str | None = None
    lasts: Seconds | None = None


class OldHistoryName(Fault, frozen=True, tag="old_history_name"):
    """The history of a stream is called ``updateHistory``."""

    asset: str | None = None
    lasts: Seconds | None = None


class MissingBars(Fault, frozen=True, tag="missing_bars"):
    """A stream's history lacks its newest ``bars`` candles."""

    bars: Annotated[int, Meta(ge=1, le=1000)] = 2
    asset: str | None = None
    lasts: Seconds | None = None
