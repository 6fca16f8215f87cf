"""Which region a connection tries, judged by what all connections have met with there."""

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
"""Round trips that the average is taken of; at a ping every 20 s those of ten minutes, for one connection."""


class DialSettings(Struct, frozen=True):
    """Where the venue is, and how often it may be dialled, by all connections together."""

    regions: tuple[Region, ...]
    connects: tuple[Rate, ...]


class RegionRecord:
    """One region; ``failed_turn`` is which failure of all its last one was, 0 if it has worked since."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.host = urlsplit(region.url).hostname or ""
        self.attempts = self.successes = self.failures = 0
        self.failed_turn = 0
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
        """The lowest is tried first: what failed longest ago, then by priority, round trip, success rate."""
        tried = self.successes + self.failures
        success_rate = self.successes / tried if tried else 1.0
        round_trip = float("inf") if self.round_trip is None else self.round_trip
        return (self.failed_turn, self.region.priority, round_trip, -success_rate)


class Regions:
    """The regions of one runtime, and the hosts that want to be left alone.

    What has failed comes after all that has not, and after what failed before it, so that each is tried
    before one is tried again, and none is lost.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._records: dict[str, RegionRecord] = {}
        self.change(regions)
        self._turns = itertools.count(1)
        self._blocked_until: defaultdict[str, float] = defaultdict(lambda: float("-inf"))

    def change(self, regions: Sequence[Region]) -> None:
        """Try these from now on; what is known of those that were there before is kept."""
        if not regions:
            raise ValueError("there must be a region to try")
        known = {(record.region.name, record.region.url): record for record in self._records.values()}
        self._records = {
            region.name: known.get((region.name, region.url)) or RegionRecord(region) for region in regions
        }
        for region in regions:
            self._records[region.name].region = region  # the priority may be another

    def __contains__(self, region: Region) -> bool:
        record = self._records.get(region.name)
        return record is not None and record.region.url == region.url

    def wait(self, now: float) -> float:
        """Seconds until there is a region that may be tried; 0 is now."""
        return min(self._blocked_for(record, now) for record in self._records.values())

    def choose(self, now: float, home: Region | None) -> Region:
        """The region to try now, while ``wait`` is 0: ``home``, unless it has failed since it last worked."""
        free = [record for record in self._records.values() if not self._blocked_for(record, now)]
        for record in free:
            if record.region == home and not record.failed_turn:
                return record.region
        return min(free, key=lambda record: record.rank).region

    def undecided(self, now: float) -> list[Region]:
        """Those of equal priority that nothing is known of and that may be tried, the first to try first."""
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
        """Some were measured before anybody was connected to them."""
        for name, record in self._records.items():
            if name in probed.round_trips:
                record.measured(probed.round_trips[name])
            if name in probed.retry_after:
                self.block(record.region, now + probed.retry_after[name])

    def tried(self, region: Region) -> None:
        self._record(region).attempts += 1

    def worked(self, region: Region) -> None:
        """A connection has logged in there."""
        record = self._record(region)
        record.successes += 1
        record.failed_turn = 0

    def failed(self, region: Region) -> None:
        """An attempt there has come to nothing."""
        self._record(region).failures += 1
        self.shun(region)

    def shun(self, region: Region) -> None:
        """Try the others first: who logged in there did not stay well."""
        self._record(region).failed_turn = next(self._turns)

    def block(self, region: Region, until: float) -> None:
        """Its host, so each region that has it, is to be left alone until then."""
        host = self._record(region).host
        self._blocked_until[host] = max(self._blocked_until[host], until)

    def measured(self, region: Region, round_trip: float) -> None:
        """A ping was answered after so many seconds."""
        self._record(region).measured(round_trip)

    def part(self, now: float) -> tuple[RegionStatus, ...]:
        """The regions as the status shows them, in the order of the configuration."""
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
        """One that is not listed any more may still have connections under way; nobody reads its record."""
        return self._records[region.name] if region in self else RegionRecord(region)

    def _blocked_for(self, record: RegionRecord, now: float) -> float:
        return max(0.0, self._blocked_until[record.host] - now)
