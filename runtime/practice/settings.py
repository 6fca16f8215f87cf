"""The settings of a practice exchange; every duration is in seconds."""

import math
from dataclasses import dataclass
from decimal import Decimal

from actors.errors import ConfigInvalid

_POSITIVE = (
    "tick_rate",
    "ping_interval",
    "ping_timeout",
    "ps_timeout",
    "streams_per_connection",
    "balance",
    "max_deals",
)

LARGEST_PORT = 65_535
WALK = "walk"
FASTEST = 1000.0
LATEST = 4_102_444_800.0


@dataclass(frozen=True)
class PracticeSettings:
    """``ports`` belong to ``regions`` by position; an empty tuple or a 0 lets the system choose.

    ``tick_rate`` is ticks per second and asset; the same ``seed`` quotes the same price at the
    same moment of the venue's clock. Each of ``accounts`` begins with ``balance``, and ``max_deals`` of its
    deals may be open at once. ``minimum_duration`` replaces that of every asset.

    ``prices`` is ``"walk"`` or the path of a CSV file. The venue's clock begins at ``start`` (UTC, in Unix
    seconds; ``None``: now, or the beginning of the file) and runs ``speed`` times as fast as ours; at 0 it
    stands still but for ``PracticeExchange.advance``. With a ``client_speed`` both clocks run so many times
    as fast as ours: ``speed`` does not count, the client lives by ``PracticeExchange.pace``, and the times of
    pings are told in its seconds. Raises ``ConfigInvalid``.
    """

    regions: tuple[str, ...] = ("PRACTICE-1", "PRACTICE-2")
    host: str = "127.0.0.1"
    ports: tuple[int, ...] = ()
    tick_rate: float = 2.0
    seed: int = 1
    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    ps_timeout: float = 180.0
    streams_per_connection: int = 4
    balance: Decimal = Decimal(10000)
    accounts: int = 1
    max_deals: int = 10
    minimum_duration: int | None = None
    prices: str = WALK
    start: float | None = None
    speed: float = 1.0
    client_speed: float = 1.0

    def __post_init__(self) -> None:
        problems = []
        if not self.regions or len(set(self.regions)) != len(self.regions):
            problems.append("regions: at least one name, each of them once")
        if self.ports and len(self.ports) != len(self.regions):
            problems.append(f"ports: {len(self.ports)} of them for {len(self.regions)} regions")
        if not all(0 <= port <= LARGEST_PORT for port in self.ports):
            ports = ", ".join(map(str, self.ports))
            problems.append(f"ports: {ports}: each must be from 0 to {LARGEST_PORT}; each region has its own")
        if self.accounts < 1:
            problems.append("accounts: at least one")
        problems.extend(f"{name}: must be above zero" for name in _POSITIVE if not self._is_positive(name))
        if not 0 <= self.speed <= FASTEST:
            problems.append(f"speed: must be from 0 to {FASTEST:g}")
        if not 1 <= self.client_speed <= FASTEST:
            problems.append(f"client_speed: must be from 1 to {FASTEST:g}")
        if self.start is not None and not 0 <= self.start <= LATEST:
            problems.append("start: must be a moment from 1970 to 2100")
        if self.minimum_duration is not None and self.minimum_duration < 1:
            problems.append("minimum_duration: a deal lasts for a second at least")
        if problems:
            raise ConfigInvalid(problems)

    def _is_positive(self, name: str) -> bool:
        value = getattr(self, name)
        return math.isfinite(value) and value > 0
