"""What each variant keeps of M_B's accuracy, and what it gains in size and speed, on the same rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.evaluation import compare, metrics

if TYPE_CHECKING:
    import pandas as pd

TIMED, ROUNDS = 96, 2  # texts whose batch prediction is timed, and how often
WAITS = ("latency_p50_ms", "latency_p95_ms")


@dataclass(frozen=True)
class Measured:
    """One variant: its answers to all rows (texts, labels), alone to the first of them, and how fast they came."""

    folder: Path
    answers: np.ndarray
    alone: np.ndarray
    rates: tuple[float, ...]  # texts per second, a round each
    seconds: np.ndarray  # of each text answered alone
    device: str

    @property
    def size_mb(self) -> float:
        return folders.size_mb(self.folder)


def measure(folder: Path, texts: Sequence[str], requests: int) -> Measured:
    """Return how the model in `folder` answers `texts`: all of them, some again against the clock, `requests` one by one."""
    runtime = Runtime.load(folder)
    answers = runtime.probabilities(texts)
    timed, rates = list(texts[:TIMED]), []
    runtime.probabilities(timed)  # so that no round prepares kernels for shapes not seen before
    for _ in range(ROUNDS):
        started = time.perf_counter()
        runtime.probabilities(timed)
        rates.append(len(timed) / (time.perf_counter() - started))
    alone, seconds = [], []
    for text in texts[:requests]:
        started = time.perf_counter()
        alone.append(runtime.probabilities([text])[0])
        seconds.append(time.perf_counter() - started)
    return Measured(folder, answers, np.array(alone), tuple(rates), np.array(seconds), runtime.device.name)


def table(found: Mapping[str, Measured], baseline: str, truth: np.ndarray, settings: Evaluation, seed: int) -> pd.DataFrame:
    """Return one row a variant, in the order of `found`.

    variant, accuracy, low, high (shares), n · difference, difference_low, difference_high, p_value (paired against the
    baseline) · size_mb · rate, rate_low, rate_high (texts/s, fastest round and slowest) · speedup (over the baseline) ·
    latency_p50_ms, latency_p95_ms · dominated (another variant is as good in accuracy, size and both speeds, and better in one).
    """
    import pandas as pd

    answers = {name: one.answers for name, one in found.items()}
    pairs = compare.compare(answers, truth, [(name, baseline) for name in found], settings, seed)
    rows = []
    for (name, one), pair in zip(found.items(), pairs, strict=True):
        right = metrics.accuracy(one.answers, truth, settings.confidence)
        gap, rate = pair.difference, max(one.rates)
        rows.append(
            {
                "variant": name, "accuracy": right.mid, "low": right.low, "high": right.high, "n": right.n,
                "difference": gap.mid, "difference_low": gap.low, "difference_high": gap.high, "p_value": pair.p_value,
                "size_mb": one.size_mb, "rate": rate, "rate_low": min(one.rates), "rate_high": rate,
                "speedup": rate / max(found[baseline].rates),
                **{name: float(np.percentile(one.seconds, q)) * 1000 for name, q in zip(WAITS, (50, 95), strict=True)},
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(dominated=dominated(frame[["accuracy", "rate"]], frame[["size_mb", "latency_p95_ms"]]))


def dominated(more: pd.DataFrame, less: pd.DataFrame) -> np.ndarray:
    """Return which rows another row beats: at least as good in every column and better in one, shape (rows,).

    `more` holds what should be high, `less` what should be low.
    """
    worth = np.column_stack([more.to_numpy(), -less.to_numpy()])
    as_good = (worth[None] >= worth[:, None]).all(axis=2)
    better = (worth[None] > worth[:, None]).any(axis=2)
    return (as_good & better).any(axis=1)
