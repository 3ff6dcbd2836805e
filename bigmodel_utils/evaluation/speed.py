"""How fast a model answers on this machine: batch throughput, single-request latency, memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence

import numpy as np

from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.units import Quantity

_ROUNDS = 5
_WARM_UP = 3


def throughput(classifier: Classifier, texts: Sequence[str], rounds: int = _ROUNDS) -> Quantity:
    """Return texts per second of batch prediction, tokenising included: the fastest of `rounds`, the slowest as low.

    The fastest, because whatever else runs on the machine can only slow a round down.
    """
    classifier.probabilities(texts[:32])
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        classifier.probabilities(texts)
        rates.append(len(texts) / (time.perf_counter() - started))
    return Quantity(
        mid=max(rates), low=min(rates), high=max(rates), unit="texts/s", origin="measured",
        source=classifier.device.name, n=len(texts), method=f"fastest of {rounds} rounds, slowest as low",
    )  # fmt: skip


def latency(classifier: Classifier, texts: Sequence[str], requests: int) -> dict[str, Quantity]:
    """Return latency_p50_ms, latency_p95_ms and latency_p99_ms of `requests` texts answered one at a time."""
    for text in texts[:_WARM_UP]:
        classifier.probabilities([text])
    seconds = []
    for index in range(requests):
        started = time.perf_counter()
        classifier.probabilities([texts[index % len(texts)]])
        seconds.append(time.perf_counter() - started)
    return {
        f"latency_p{percent}_ms": Quantity(
            mid=float(np.percentile(seconds, percent)) * 1000, unit="ms", origin="measured", source=classifier.device.name,
            n=requests, method="one text at a time, in process",
        )
        for percent in (50, 95, 99)
    }  # fmt: skip


def operations(classifier: Classifier, texts: Sequence[str]) -> Quantity:
    """Return floating-point operations per text of a forward pass (padding included), counted by torch on `texts`."""
    from torch.utils.flop_counter import FlopCounterMode

    usual = classifier.model.config._attn_implementation
    classifier.model.set_attn_implementation("eager")  # the counter does not see into fused attention on CPUs
    with FlopCounterMode(display=False) as counter:
        classifier.logits(texts)
    classifier.model.set_attn_implementation(usual)
    return Quantity(
        mid=counter.get_total_flops() / len(texts), unit="FLOP/text", origin="measured", source="torch's operator counter",
        n=len(texts), method="matrix products of one forward pass",
    )  # fmt: skip


def peak_memory() -> Quantity:
    """Return the largest resident memory of this process so far, in GB (10^9 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    return Quantity(
        mid=used, unit="GB", origin="measured", source="operating system", method="peak resident memory of the process"
    )
