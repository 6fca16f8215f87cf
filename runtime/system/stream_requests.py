"""The streams that the configuration asks for: what is in force, what is under way, what is tried again."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tenacity import RetryCallState, Retrying, wait_exponential

from actors.messages.status import PendingStream

FIRST_RETRY: Final = 2.0
LAST_RETRY: Final = 60.0
"""Seconds from a refused request to the next: doubled from the first each time, up to the last."""

_WAIT: Final = wait_exponential(multiplier=FIRST_RETRY, max=LAST_RETRY)
_RETRYING: Final = Retrying(wait=_WAIT)


class StreamRequest(NamedTuple):
    """What to ask the router for: the stream of ``asset`` in bars of ``period`` seconds, or its end.

    Its ``number`` tells its answer from that of an earlier request for the same asset.
    """

    asset: str
    period: int | None
    number: int


class _Difference:
    """One stream in which the configuration and the runtime differ; ``period`` is ``None`` for its end."""

    def __init__(self, period: int | None, number: int) -> None:
        self.period = period
        self.number = number
        self.reason = ""
        self.retry_at: float | None = None
        self._attempts = RetryCallState(_RETRYING, fn=None, args=(), kwargs={})

    def refused(self, reason: str, now: float) -> None:
        self.reason = reason
        self.retry_at = now + _WAIT(self._attempts)
        self._attempts.attempt_number += 1


class StreamRequests:
    """Compares the streams that are wanted with those for which the router has answered.

    It is asked for requests, and told how they ended; times are seconds of any clock. A request that is
    refused is due again after a while, until it is carried out or no longer wanted.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, int] = {}
        self._differences: dict[str, _Difference] = {}
        self._numbers = 0

    def want(self, periods: Mapping[str, int]) -> list[StreamRequest]:
        """The streams wanted from now on, by asset; the requests to make at once, ends first."""
        ended = [asset for asset in self._wanted if asset not in periods]
        begun = [asset for asset, period in periods.items() if self._wanted.get(asset) != period]
        self._wanted = dict(periods)
        return [self._ask(asset) for asset in (*ended, *begun)]

    def wants(self, asset: str) -> bool:
        """Whether the stream of ``asset`` is wanted."""
        return asset in self._wanted

    def due(self, now: float) -> list[StreamRequest]:
        """The refused requests that are to be made again now."""
        return [
            self._again(asset, difference)
            for asset, difference in self._differences.items()
            if difference.retry_at is not None and difference.retry_at <= now
        ]

    def next_due(self) -> float | None:
        """When ``due`` has the next request; ``None`` if there is none."""
        return min(
            (
                difference.retry_at
                for difference in self._differences.values()
                if difference.retry_at is not None
            ),
            default=None,
        )

    def done(self, request: StreamRequest) -> bool:
        """``request`` was carried out. Returns whether it had been refused before."""
        difference = self._difference_of(request)
        if difference is None:
            return False
        del self._differences[request.asset]
        return bool(difference.reason)

    def refused(self, request: StreamRequest, reason: str, now: float) -> bool:
        """``request`` was not carried out. Returns whether that is news: not asked for anew, not told yet."""
        difference = self._difference_of(request)
        if difference is None:
            return False
        news = difference.reason != reason
        difference.refused(reason, now)
        return news

    def pending(self) -> Iterator[PendingStream]:
        """The streams in which the runtime still differs from the configuration."""
        for asset, difference in self._differences.items():
            yield PendingStream(asset, difference.period is not None, difference.reason)

    def _ask(self, asset: str) -> StreamRequest:
        self._numbers += 1
        self._differences[asset] = difference = _Difference(self._wanted.get(asset), self._numbers)
        return StreamRequest(asset, difference.period, difference.number)

    def _again(self, asset: str, difference: _Difference) -> StreamRequest:
        difference.retry_at = None
        return StreamRequest(asset, difference.period, difference.number)

    def _difference_of(self, request: StreamRequest) -> _Difference | None:
        difference = self._differences.get(request.asset)
        return difference if difference is not None and difference.number == request.number else None
