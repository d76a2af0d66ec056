"""Figures in the words of Prometheus. No label names a person, a room, or anything that people typed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.domain.health import Trouble
from bot.monitoring.figures import Figures
from bot.vitals import SECONDS, Histogram, Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST


def page(vitals: Vitals, figures: Figures) -> bytes:
    """All metrics at this moment. The registry lives as long as the answer, so there is nothing to be kept in step."""
    registry = CollectorRegistry()
    registry.register(_Moment([*_counted(vitals), *_measured(vitals, figures)]))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Moment(Collector):
    """Metrics that are there already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._metrics


def _counted(vitals: Vitals) -> Iterator[Metric]:
    yield CounterMetricFamily("zwischenstand_events", "What the homeserver told and we handled.", value=vitals.events)
    commands = CounterMetricFamily(
        "zwischenstand_commands", "Commands by English name: ok, refused, failed.", labels=["command", "outcome"]
    )
    for labels, count in sorted(vitals.commands.items()):
        commands.add_metric(labels, count)
    yield commands
    posts = CounterMetricFamily("zwischenstand_outbox", "What became of rows of the outbox.", labels=["outcome"])
    for outcome in ("sent", "retried", "held", "parked"):
        posts.add_metric([outcome], vitals.posts[outcome])
    yield posts
    yield CounterMetricFamily(
        "zwischenstand_sync_failures", "Times that the homeserver could not be followed.", value=vitals.sync_failures
    )
    yield _histogram(vitals.transactions)


def _histogram(transactions: Histogram) -> Metric:
    up_to, buckets = 0, []
    for bound, count in zip([*map(str, SECONDS), "+Inf"], transactions.counts, strict=True):
        up_to += count
        buckets.append((bound, up_to))
    return HistogramMetricFamily(
        "zwischenstand_database_transaction_seconds",
        "Database transactions, waiting for their turn included.",
        buckets=buckets,
        sum_value=transactions.total,
    )


def _measured(vitals: Vitals, figures: Figures) -> Iterator[Metric]:
    signs, wrong = figures.signs, figures.troubles
    yield _gauge("ready", "Whether it has caught up since its start.", figures.ready)
    yield _gauge("standby", "Whether another process leads, and it waits to take over.", figures.standby)
    yield _gauge("clock_lag_seconds", "How late the clock ticked at worst, in the last minute.", figures.lag)
    yield _gauge("last_sync_timestamp_seconds", "When the homeserver last answered /sync.", _unix(vitals.synced_at))
    if (left := vitals.throughput.left) is not None:
        yield _gauge("outbox_left_seconds", "How long it takes until all that waits has gone.", left.total_seconds())
    if signs.skew is not None:
        yield _gauge("clock_skew_seconds", "How far our clock is ahead of theirs.", signs.skew.total_seconds())
    if signs.free is not None:
        yield _gauge("disk_free_bytes", "On the disk of the SQLite database.", signs.free)
    troubles = GaugeMetricFamily("zwischenstand_trouble", "1 for what is wrong now.", labels=["trouble"])
    for trouble in Trouble:
        if trouble is not Trouble.PARKED:  # told of, but no state: see zwischenstand_outbox_rows
            troubles.add_metric([trouble.value], trouble in wrong)
    yield troubles
    if figures.rows is not None:
        yield from _in_database(figures)


def _in_database(figures: Figures) -> Iterator[Metric]:
    """What is left out while the database does not answer: nobody knows it then."""
    rows = GaugeMetricFamily("zwischenstand_outbox_rows", "Rows of the outbox that were not sent.", labels=["state"])
    for state, count in (figures.rows or {}).items():
        rows.add_metric([state], count)
    yield rows
    oldest = figures.signs.oldest_unsent
    age = (figures.signs.now - oldest).total_seconds() if oldest else 0.0
    yield _gauge("oldest_unsent_seconds", "Age of the post that waits longest; 0 if none does.", age)
    yield _gauge("open_consultations", "Consultations that are being voted on.", figures.consultations)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"zwischenstand_{name}", documentation, value=value)


def _unix(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
