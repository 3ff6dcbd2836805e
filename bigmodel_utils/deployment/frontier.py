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

TIMED, ROUNDS = 64, 2  # texts whose batch prediction is timed, and how often
WAITS = ("latency_p50_ms", "latency_p95_ms")


@dataclass(frozen=True)
class Measured:
    """One variant: its answers to all rows (texts, labels), alone to the first of them, and how fast they came."""

    folder: Path
    answers: np.ndarray
    alone: np.ndarray
    rates: tuple[float, ...]  # texts per second with every core at work, a round each
    seconds: np.ndarray  # of each text answered alone

    @property
    def size_mb(self) -> float:
        return folders.size_mb(self.folder)


def measure(made: Mapping[str, Path], texts: Sequence[str], requests: int, cores: int) -> dict[str, Measured]:
    """Return how the models in the folders `made` answer `texts`: all of them, some against the clock, `requests` one by one.

    They are timed in turn, round after round, so that what else happens on the machine meets all of them. On a CPU the clock is
    that of the processor, over its `cores`: it stands still while others compute. cores: 0 on a GPU, where time passes for all.
    """
    runtimes = {name: Runtime.load(folder) for name, folder in made.items()}
    answers = {name: runtime.probabilities(texts) for name, runtime in runtimes.items()}
    rates: dict[str, list[float]] = {name: [] for name in made}
    alone: dict[str, list[tuple[np.ndarray, float]]] = {name: [] for name in made}
    for _ in range(1 + ROUNDS):  # the first prepares kernels for shapes not seen before
        for name, runtime in runtimes.items():
            rates[name].append(_rate(runtime, texts[:TIMED], cores))
    for text in texts[:requests]:
        for name, runtime in runtimes.items():
            started = time.perf_counter()
            alone[name].append((runtime.probabilities([text])[0], time.perf_counter() - started))
    return {
        name: Measured(
            made[name],
            answers[name],
            np.array([answer for answer, _ in alone[name]]),
            tuple(rates[name][1:]),
            np.array([seconds for _, seconds in alone[name]]),
        )
        for name in made
    }


def _rate(runtime: Runtime, texts: Sequence[str], cores: int) -> float:
    clock = time.process_time if cores else time.perf_counter
    started = clock()
    runtime.probabilities(texts)
    return len(texts) * max(cores, 1) / (clock() - started)


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
