"""What a server tells Prometheus: answers, latency, queue, batches, memory."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.registry import CollectorRegistry

_SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Gauges:
    """The numbers of one server, in a registry of its own."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        registry = CollectorRegistry()
        self.requests = Counter("bigmodel_requests", "Requests to /predict by HTTP status.", ["status"], registry=registry)
        self.labels = Counter("bigmodel_predictions", "Texts answered, by label.", ["label"], registry=registry)
        self.seconds = Histogram(
            "bigmodel_request_seconds", "From request to answer, of answered requests.", buckets=_SECONDS, registry=registry
        )
        self.batches = Histogram("bigmodel_batch_texts", "Texts answered together.", buckets=_TEXTS, registry=registry)
        Gauge("bigmodel_queue_texts", "Texts that wait for the model.", registry=registry).set_function(waiting)
        ProcessCollector(registry=registry)
        self._registry = registry

    def text(self) -> bytes:
        """Return all numbers in the Prometheus text format."""
        return generate_latest(self._registry)
