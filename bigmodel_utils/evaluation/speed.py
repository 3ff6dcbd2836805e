"""How fast a model answers on this machine: batch throughput, single-request latency, memory."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.training.device import Device
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_ROUNDS = 5
_WARM_UP = 2
WARM_UP_TEXTS = 32
_MATRIX = {"cpu": 2048, "cuda": 8192}  # rows and columns: large enough that the rate no longer grows
PERCENTILES = (50, 95, 99)


def throughput(classifier: Classifier, texts: Sequence[str], rounds: int = _ROUNDS) -> Quantity:
    """Return texts per second of batch prediction, tokenising included: the fastest of `rounds`, the slowest as low.

    The fastest, because whatever else runs on the machine can only slow a round down.
    """
    classifier.probabilities(texts[:WARM_UP_TEXTS])
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
    seconds = _waits(classifier, texts, 1, requests)
    return {
        f"latency_p{percent}_ms": Quantity(
            mid=float(np.percentile(seconds, percent)) * 1000, unit="ms", origin="measured", source=classifier.device.name,
            n=requests, method="one text at a time, in process",
        )
        for percent in PERCENTILES
    }  # fmt: skip


def by_batch(classifier: Classifier, texts: Sequence[str], sizes: Sequence[int], requests: int) -> pd.DataFrame:
    """Return batch, p50_ms, p95_ms, p99_ms, texts_per_second, n: how long `requests` batches of each size take."""
    import pandas as pd

    rows = []
    for size in sizes:
        seconds = _waits(classifier, texts, size, requests)
        waits = {f"p{percent}_ms": float(np.percentile(seconds, percent)) * 1000 for percent in PERCENTILES}
        rows.append({"batch": size, **waits, "texts_per_second": size * requests / sum(seconds), "n": requests})
    return pd.DataFrame(rows)


def _waits(classifier: Classifier, texts: Sequence[str], size: int, requests: int) -> list[float]:
    """Return seconds of each of `requests` batches, after a few that are not counted; texts are taken round and round."""
    seconds = []
    for index in range(-_WARM_UP, requests):
        batch = [texts[(index * size + place) % len(texts)] for place in range(size)]
        started = time.perf_counter()
        classifier.probabilities(batch)
        seconds.append(time.perf_counter() - started)
    return seconds[_WARM_UP:]


def operations_by_shape(classifier: Classifier, texts: Sequence[str]) -> Quantity:
    """Return operations per text that an encoder of this shape needs, padding left out: 2 N s + 4 L d s^2 for s tokens.

    N: weights outside the embeddings and the head, L: layers, d: width. The interval is that of the mean over `texts`.
    """
    config, limit = classifier.model.config, classifier.tokenizer.model_max_length
    ids = classifier.tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
    tokens = np.array([len(row) for row in ids], dtype=float)
    named = classifier.model.base_model.named_parameters()
    weights = sum(p.numel() for name, p in named if p.dim() == 2 and not re.search("embed|pooler", name))
    each = 2 * weights * tokens + 4 * config.num_hidden_layers * config.hidden_size * tokens**2
    half = 1.96 * each.std() / np.sqrt(len(each))
    return Quantity(
        mid=each.mean(), low=each.mean() - half, high=each.mean() + half, unit="FLOP/text", origin="estimated",
        source="shape of the model", n=len(each), method="2 N s + 4 L d s^2, mean over texts, 95%",
    )  # fmt: skip


def matrix_rate(device: Device, rounds: int = 3) -> Quantity:
    """Return the operations a second of one large matrix product in the number format that the model computes in."""
    import torch

    size = _MATRIX[device.kind]
    kind = torch.bfloat16 if device.bfloat16 else torch.float32
    left, right = (torch.randn(size, size, dtype=kind, device=device.kind) for _ in range(2))
    rates = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        left @ right
        if device.kind == "cuda":
            torch.cuda.synchronize()
        rates.append(2 * size**3 / (time.perf_counter() - started))
    return Quantity(
        mid=max(rates), low=min(rates[1:]), high=max(rates), unit="FLOP/s", origin="measured", source=device.name,
        n=rounds, method=f"fastest product of two {size} x {size} matrices in {str(kind).removeprefix('torch.')}",
    )  # fmt: skip


def utilisation(texts_per_second: Quantity, operations: Quantity, matrix: Quantity) -> Quantity:
    """Return MFU: operations that the model needs a second, over what this machine reaches in a bare matrix product."""
    share = texts_per_second.mid * operations.mid / matrix.mid
    low, high = ((operations.low or operations.mid), (operations.high or operations.mid))
    return Quantity(
        mid=share, low=share * low / operations.mid, high=share * high / operations.mid, unit="share", origin="estimated",
        source=f"{matrix.source}, beside its measured matrix rate", n=operations.n, method="needed operations over matrix rate, 95%",
    )  # fmt: skip


def peak_memory() -> Quantity:
    """Return the largest resident memory of this process so far, in GB (10^9 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    return Quantity(
        mid=used, unit="GB", origin="measured", source="operating system", method="peak resident memory of the process"
    )
