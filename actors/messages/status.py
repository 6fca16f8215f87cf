"""The runtime's account of itself, as ``GetStatus`` answers it."""

from msgspec import Struct


class StreamStatus(Struct, frozen=True):
    """One desired stream; ``age`` is the seconds since its last tick was received, ``None`` before the first."""

    asset: str
    connection: str
    state: str
    last_price: float | None
    age: float | None
    ticks: int
    gaps: int
    last_gap: tuple[float, float] | None


class ConnectionStatus(Struct, frozen=True):
    """One connection; ``rate`` is messages received per second, ``round_trip`` seconds."""

    name: str
    worker: str
    region: str
    state: str
    epoch: int
    restarts: int
    rate: float
    messages_in: int
    messages_out: int
    writes: int
    garbage: int
    round_trip: float | None
    last_error: str


class WorkerStatus(Struct, frozen=True):
    """One worker process; ``pid`` is 0 while it is down."""

    name: str
    pid: int
    state: str
    restarts: int
    cpu_seconds: float
    rss_bytes: int


class LimiterStatus(Struct, frozen=True):
    """``windows``: per rate rule, such as ``10/1s``, how many sends it would still admit now."""

    windows: dict[str, int]
    waiting: int
    in_flight: int
    max_in_flight: int
    passed: int
    refused: int


class BatcherStatus(Struct, frozen=True):
    """How many requests left in how many batches."""

    requests: int
    batches: int


class RouterStatus(Struct, frozen=True):
    """What the router has moved so far."""

    events: int
    ticks: int
    subscriptions: int
    waiting: int


class Status(Struct, frozen=True):
    """A picture of the whole runtime; its parts were drawn within milliseconds of one another."""

    connections: tuple[ConnectionStatus, ...]
    workers: tuple[WorkerStatus, ...]
    streams: tuple[StreamStatus, ...]
    limiter: LimiterStatus
    batcher: BatcherStatus
    router: RouterStatus
