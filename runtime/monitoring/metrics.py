"""The metrics of a runtime for Prometheus, made of one status. Needs prometheus-client.

Names and units are those of https://prometheus.io/docs/practices/naming/: seconds, bytes, ``_total`` for what
only grows. Labels are bounded by the configuration: connections, workers, regions, streams, limits, commands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector

from actors.distribution import Distribution
from actors.messages.status import (
    ConnectionStatus,
    LimitStatus,
    RegionStatus,
    Status,
    StreamStatus,
    WorkerStatus,
)
from runtime.monitoring.readiness import is_fresh, not_ready

PREFIX: Final = "tellwire_"

COUNTED: Final = "_total"

T = TypeVar("T")


class Figure(NamedTuple, Generic[T]):
    """One metric: its name, what it says, and its value; no value, no sample. One whose name ends with
    ``_total`` is a counter, any other a gauge."""

    name: str
    says: str
    value: Callable[[T], float | None]


OF_A_CONNECTION: Final[tuple[Figure[ConnectionStatus], ...]] = (
    Figure("connection_up", "1 if it is logged in.", lambda c: c.child.state == "up"),
    Figure("connection_restarts_total", "Lives after the first.", lambda c: c.child.restarts),
    Figure("connection_requests_in_flight", "Requests without an answer.", lambda c: c.pooled.in_flight),
    Figure("connection_messages_per_second", "Messages that it receives.", lambda c: c.seen.rate),
    Figure("connection_answer_seconds", "Average of 100.", lambda c: c.pooled.requests.average),
)
OF_A_STREAM: Final[tuple[Figure[StreamStatus], ...]] = (
    Figure("stream_fresh", "1 if it ticks as expected, or its market is closed.", is_fresh),
    Figure("stream_ticks_total", "Ticks.", lambda s: s.seen.ticks),
    Figure("stream_gaps_total", "Gaps that were announced.", lambda s: s.seen.gaps),
    Figure("stream_last_tick_timestamp_seconds", "Read then, by our clock.", lambda s: s.seen.received_at),
)
OF_A_WORKER: Final[tuple[Figure[WorkerStatus], ...]] = (
    Figure("worker_up", "1 if the process runs.", lambda w: w.pid != 0),
    Figure("worker_restarts_total", "Processes after the first.", lambda w: w.restarts),
    Figure("worker_cpu_seconds", "Processor time of the present process.", lambda w: w.cpu_seconds),
    Figure("worker_resident_memory_bytes", "Memory of the process.", lambda w: w.rss_bytes),
)
OF_A_REGION: Final[tuple[Figure[RegionStatus], ...]] = (
    Figure("region_dials_total", "Attempts to connect.", lambda r: r.attempts),
    Figure("region_dials_failed_total", "Attempts without a login.", lambda r: r.failures),
    Figure("region_round_trip_seconds", "Average of its latest measurements.", lambda r: r.round_trip),
)
OF_A_LIMIT: Final[tuple[Figure[LimitStatus], ...]] = (
    Figure("order_limit_used", "How much of this limit is used.", lambda each: float(each.used)),
    Figure("order_limit", "The limit.", lambda each: float(each.limit)),
)
OF_THE_RUNTIME: Final[tuple[Figure[Status], ...]] = (
    Figure("ready", "1 if /readyz says ready.", lambda s: not not_ready(s)),
    Figure("clock_offset_seconds", "How far the venue's clock is ahead of ours.", lambda s: s.clock_offset),
    Figure(
        "streams_pending",
        "Streams of the configuration that have not begun.",
        lambda s: sum(each.wanted for each in s.pending_streams),
    ),
    Figure("limiter_waiting", "Requests that wait for the rate limit.", lambda s: s.limiter.waiting),
    Figure("limiter_in_flight", "Requests that passed it, without an answer.", lambda s: s.limiter.in_flight),
    Figure("limiter_passed_total", "Requests that the limiter let pass.", lambda s: s.limiter.passed),
    Figure("limiter_refused_total", "Requests that it refused.", lambda s: s.limiter.refused),
    Figure("requests_sent_total", "Requests that the batcher sent on.", lambda s: s.batcher.requests),
    Figure("batches_sent_total", "Batches in which it sent them on.", lambda s: s.batcher.batches),
    Figure("events_total", "Events, without ticks.", lambda s: s.router.events),
    Figure("ticks_total", "Ticks of all streams.", lambda s: s.router.ticks),
    Figure("lost_batches_total", "Batches that did not arrive.", lambda s: s.router.lost_batches),
    Figure("commands_waiting", "Commands without an answer.", lambda s: s.router.waiting),
    Figure("subscriptions", "Subscriptions of the router.", lambda s: s.router.subscriptions),
    Figure("candle_cache_hits_total", "Pages out of the cache.", lambda s: s.candles.hits),
    Figure("candle_cache_misses_total", "Pages from the venue.", lambda s: s.candles.misses),
    Figure(
        "disconnected",
        "1 if all connections are closed on purpose.",
        lambda s: s.disconnected is not None,
    ),
    Figure(
        "trading_halted",
        "1 if no order is sent.",
        lambda s: s.desk.halted is not None or bool(s.desk.refuses),
    ),
    Figure(
        "orders_in_flight",
        "Orders and pending orders that were sent, without an answer.",
        lambda s: s.desk.in_flight + s.pending.in_flight,
    ),
    Figure(
        "orders_in_doubt",
        "Those of which it is not known whether the venue has them.",
        lambda s: s.desk.in_doubt + s.pending.in_doubt,
    ),
    Figure("pending_orders_placed", "Pending orders that the venue has.", lambda s: s.pending.placed),
    Figure("deals_open", "Deals that have not ended.", lambda s: s.desk.open_deals),
    Figure("config_reloads_total", "Configurations that were taken over.", lambda s: s.reload.reloads),
    Figure("config_refusals_total", "Configurations that were refused.", lambda s: s.reload.refusals),
    Figure("config_problems", "Problems of the file as last read.", lambda s: len(s.reload.problems)),
)


class _Registry:
    """What the encoders of prometheus-client read."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


class Exposed(NamedTuple):
    """What the metrics of one runtime are made of, as ``families`` takes it."""

    status: Status
    facts: Mapping[str, str]
    tick_ages: Distribution


def exposition(
    told: Mapping[str, Exposed], accepted: str, of_the_host: Iterable[Metric] = ()
) -> tuple[bytes, str]:
    """The metrics as a scraper takes them, by its ``Accept`` field, and their content type. With several
    accounts, by their names, each sample has the label ``account``."""
    encode, kind = choose_encoder(accepted)
    of_the_process = ProcessCollector(registry=None).collect()
    registry: Any = _Registry([*families_of_all(told), *of_the_host, *of_the_process])
    return encode(registry), kind


def families_of_all(told: Mapping[str, Exposed]) -> list[Metric]:
    """Those of each account; a name that several have is one family."""
    merged: dict[str, Metric] = {}
    for name, each in told.items():
        label = {"account": name} if name else {}
        for family in families(*each):
            samples = [sample._replace(labels={**sample.labels, **label}) for sample in family.samples]
            if (first := merged.setdefault(family.name, family)) is family:
                family.samples = samples
            else:
                first.samples += samples
    return list(merged.values())


def families(status: Status, facts: Mapping[str, str], tick_ages: Distribution) -> Iterator[Metric]:
    """The metrics of ``status``; ``facts`` are the labels of ``tellwire_runtime_info``."""
    yield InfoMetricFamily(f"{PREFIX}runtime", "What runs.", dict(facts))
    for figure in OF_THE_RUNTIME:
        yield family_of(figure, {"": status})
    yield from labelled(OF_A_CONNECTION, "connection", {c.child.name: c for c in status.connections})
    yield from labelled(OF_A_STREAM, "asset", {s.placed.asset: s for s in status.streams})
    yield from labelled(OF_A_WORKER, "worker", {w.name: w for w in status.workers})
    yield from labelled(OF_A_REGION, "region", {r.name: r for r in status.regions})
    yield from labelled(OF_A_LIMIT, "limit", {each.name: each for each in status.desk.limits})
    failed: Figure[int] = Figure("asks_failed_total", "Asks that were answered with an error.", float)
    yield family_of(failed, status.router.failed, "command")
    yield _histogram(
        "ask_seconds", "Time until the answer to an ask; errors do not count.", status.router.asks, "command"
    )
    yield _histogram(
        "journal_write_seconds",
        "Time until orders are on the disk, before which none is sent; by the desk.",
        {"orders": status.desk.write_times, "pending": status.pending.write_times},
        "desk",
    )
    yield _histogram(
        "tick_age_seconds",
        "Time from the read of a tick until a subscriber has it; ten samples a second at most.",
        {"": tick_ages},
    )


def labelled(figures: Iterable[Figure[T]], label: str, found: Mapping[str, T]) -> Iterator[Metric]:
    for figure in figures:
        yield family_of(figure, found, label)


def family_of(figure: Figure[T], found: Mapping[str, T], *label: str) -> Metric:
    """``found`` has what is measured by the value of ``label``; without one it has a single entry."""
    kind: Any = CounterMetricFamily if figure.name.endswith(COUNTED) else GaugeMetricFamily
    family = kind(f"{PREFIX}{figure.name}", figure.says, labels=label)
    for name, measured in found.items():
        if (value := figure.value(measured)) is not None:
            family.add_metric([name] if label else [], float(value))
    metric: Metric = family
    return metric


def _histogram(name: str, says: str, found: Mapping[str, Distribution], *label: str) -> Metric:
    family = HistogramMetricFamily(f"{PREFIX}{name}", says, labels=label)
    for value, each in found.items():
        family.add_metric([value] if label else [], each.cumulated(), each.sum)
    return family
