"""Which region a connection dials, judged by the results of all connections."""

import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from actors.messages.status import RegionStatus
from actors.rates import Rate
from actors.supervision.messages import RegionsProbed
from actors.values import Region

MEASUREMENTS = 32
"""Round trips in the average: for one connection with a ping every 20 s, those of ten minutes."""


class DialSettings(Struct, frozen=True):
    """Which regions to dial, and how often, by all connections together."""

    regions: tuple[Region, ...]
    connects: tuple[Rate, ...]


class RegionRecord:
    """The results of one region.

    ``last_failure`` is the number of its last failure among those of all regions, 0 if it has worked since;
    ``last_error`` is why an attempt failed since then.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.host = urlsplit(region.url).hostname or ""
        self.attempts = self.successes = self.failures = 0
        self.last_failure = 0
        self.last_error = ""
        self._round_trips: deque[float] = deque(maxlen=MEASUREMENTS)

    @property
    def round_trip(self) -> float | None:
        """The average in seconds; ``None`` before the first measurement."""
        if not self._round_trips:
            return None
        return sum(self._round_trips) / len(self._round_trips)

    def measured(self, seconds: float) -> None:
        self._round_trips.append(seconds)

    @property
    def rank(self) -> tuple[int, int, float, float]:
        """The lowest is dialed first: the oldest failure, then by priority, round trip and success rate."""
        tried = self.successes + self.failures
        success_rate = self.successes / tried if tried else 1.0
        round_trip = float("inf") if self.round_trip is None else self.round_trip
        return (self.last_failure, self.region.priority, round_trip, -success_rate)


class Regions:
    """The regions of one runtime, and the hosts that have asked for a pause (``Retry-After``).

    A region that has failed comes after all that have not, and after those that failed before it, so that
    each region is dialed before one is dialed again.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._records: dict[str, RegionRecord] = {}
        self.change(regions)
        self._failure_numbers = itertools.count(1)
        self._blocked_until: defaultdict[str, float] = defaultdict(lambda: float("-inf"))

    def change(self, regions: Sequence[Region]) -> None:
        """Dial these from now on; the results of those that were listed before are kept."""
        if not regions:
            raise ValueError("there must be a region to dial")
        known = {(record.region.name, record.region.url): record for record in self._records.values()}
        self._records = {
            region.name: known.get((region.name, region.url)) or RegionRecord(region) for region in regions
        }
        for region in regions:
            self._records[region.name].region = region  # its priority may have changed

    def __contains__(self, region: Region) -> bool:
        record = self._records.get(region.name)
        return record is not None and record.region.url == region.url

    def wait(self, now: float) -> float:
        """Seconds until some region may be dialed."""
        return min(self._blocked_for(record, now) for record in self._records.values())

    def choose(self, now: float, home: Region | None) -> Region:
        """The region to dial now, while ``wait`` is 0: ``home`` unless it has failed since it last worked."""
        free = [record for record in self._records.values() if not self._blocked_for(record, now)]
        for record in free:
            if record.region == home and not record.last_failure:
                return record.region
        return min(free, key=lambda record: record.rank).region

    def undecided(self, now: float) -> list[Region]:
        """The regions without a round trip that share a priority with another; none that is blocked."""
        ranked = sorted(self._records.values(), key=lambda record: record.rank)
        sharing = Counter(record.region.priority for record in ranked)
        return [
            record.region
            for record in ranked
            if sharing[record.region.priority] > 1
            and record.round_trip is None
            and not self._blocked_for(record, now)
        ]

    def probed(self, probed: RegionsProbed, now: float) -> None:
        """Take in measurements made without a connection."""
        for name, record in self._records.items():
            if name in probed.round_trips:
                record.measured(probed.round_trips[name])
            if name in probed.retry_after:
                self.block(record.region, now + probed.retry_after[name])

    def tried(self, region: Region) -> None:
        self._record(region).attempts += 1

    def worked(self, region: Region) -> None:
        """A login there has succeeded."""
        record = self._record(region)
        record.successes += 1
        record.last_failure, record.last_error = 0, ""

    def failed(self, region: Region, reason: str) -> None:
        """An attempt there ended without a login."""
        record = self._record(region)
        record.failures += 1
        record.last_error = reason
        self.shun(region)

    def errors(self) -> dict[str, str]:
        """Why the last attempt failed, for each region that has not worked since."""
        return {name: record.last_error for name, record in self._records.items() if record.last_error}

    def shun(self, region: Region) -> None:
        """Dial the others first: a connection that logged in there did not last."""
        self._record(region).last_failure = next(self._failure_numbers)

    def block(self, region: Region, until: float) -> None:
        """Do not dial its host, and so no region on that host, until then."""
        host = self._record(region).host
        self._blocked_until[host] = max(self._blocked_until[host], until)

    def measured(self, region: Region, round_trip: float) -> None:
        """A ping took ``round_trip`` seconds."""
        self._record(region).measured(round_trip)

    def status(self, now: float) -> tuple[RegionStatus, ...]:
        """One row per region, in the order of the configuration."""
        return tuple(
            RegionStatus(
                name=record.region.name,
                priority=record.region.priority,
                attempts=record.attempts,
                successes=record.successes,
                failures=record.failures,
                round_trip=record.round_trip,
                blocked_for=self._blocked_for(record, now),
            )
            for record in self._records.values()
        )

    def _record(self, region: Region) -> RegionRecord:
        """A region that is not listed any more may still have connections; their results are discarded."""
        return self._records[region.name] if region in self else RegionRecord(region)

    def _blocked_for(self, record: RegionRecord, now: float) -> float:
        return max(0.0, self._blocked_until[record.host] - now)
