"""What the service counts, in the format that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from sparring.serve.batching import Worker
    from sparring.serve.lanes import Jobs

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
ROWS = (1, 2, 4, 8, 16, 32)


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "sparring_requests", "Answers by route, method and status.",
            ["route", "method", "status"], registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "sparring_request_seconds", "From the head of a request to the end of its answer.",
            ["route"], buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self._rows = Histogram(
            "sparring_batch_samples", "Samples that were made at once.",
            buckets=ROWS, registry=self._registry,
        )  # fmt: skip
        self._batch_seconds = Histogram(
            "sparring_batch_seconds", "Time of one such batch on the device.",
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self._samples = Counter(
            "sparring_samples", "Samples made for requests and jobs.", registry=self._registry
        )

    def look_at(self, worker: Worker, jobs: Jobs) -> None:
        """Say besides how much waits."""
        self._registry.register(_Waiting(worker, jobs))

    def made(self, samples: int, asks: int, seconds: float) -> None:
        """Count a batch."""
        self._samples.inc(samples)
        self._rows.observe(samples)
        self._batch_seconds.observe(seconds)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything, for Prometheus."""
        return generate_latest(self._registry)


class _Waiting(Collector):
    def __init__(self, worker: Worker, jobs: Jobs) -> None:
        self._worker, self._jobs = worker, jobs

    def collect(self) -> Iterable[GaugeMetricFamily]:
        queue = GaugeMetricFamily("sparring_queue_length", "Asks that wait for the device.")
        queue.add_metric([], self._worker.waiting)
        yield queue
        jobs = GaugeMetricFamily("sparring_jobs", "Jobs by status.", labels=["status"])
        for status, count in self._jobs.counts().items():
            jobs.add_metric([status], count)
        yield jobs

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []
