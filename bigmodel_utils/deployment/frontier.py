"""What each variant keeps of M_B's accuracy, and what it gains in size and speed, on the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.evaluation import compare, metrics

if TYPE_CHECKING:
    import pandas as pd

ROUNDS, WARM_UP = 3, 32  # parts in which the texts are answered and timed; texts answered before any of them
WAITS = ("latency_p50_ms", "latency_p95_ms")


@dataclass(frozen=True)
class Measured:
    """One variant: its answers to all rows (texts, labels), alone to the first of them, and how fast they came."""

    folder: Path
    answers: np.ndarray
    alone: np.ndarray
    rates: tuple[float, ...]  # texts per second with every core at work, one a part of the texts
    seconds: np.ndarray  # of each text answered alone

    @property
    def size_mb(self) -> float:
        return folders.size_mb(self.folder)


def measure(made: Mapping[str, Path], texts: Sequence[str], requests: int, cores: int) -> dict[str, Measured]:
    """Return how the models in the folders `made` answer `texts`, and the first `requests` of them one by one.

    They are timed in turn, part after part, so that what else happens on the machine meets all of them. On a CPU the clock is
    that of the processor, over its `cores`: it stands still while others compute. cores: 0 on a GPU, where time passes for all.
    """
    runtimes = {name: Runtime.load(folder) for name, folder in made.items()}
    for runtime in runtimes.values():  # prepares kernels
        runtime.probabilities(texts[:WARM_UP])
    clock = time.process_time if cores else time.perf_counter
    bounds = np.linspace(0, len(texts), 1 + min(ROUNDS, len(texts))).astype(int)
    answers: dict[str, list[np.ndarray]] = {name: [] for name in made}
    rates: dict[str, list[float]] = {name: [] for name in made}
    for start, end in pairwise(bounds):
        for name, runtime in runtimes.items():
            took = _timed(runtime, texts[start:end], answers[name], clock)
            rates[name].append((end - start) * max(cores, 1) / took)
    alone: dict[str, list[np.ndarray]] = {name: [] for name in made}
    waits: dict[str, list[float]] = {name: [] for name in made}
    for text in texts[:requests]:
        for name, runtime in runtimes.items():
            waits[name].append(_timed(runtime, [text], alone[name], time.perf_counter))
    return {
        name: Measured(
            made[name], np.concatenate(answers[name]), np.concatenate(alone[name]), tuple(rates[name]), np.array(waits[name])
        )
        for name in made
    }


def _timed(runtime: Runtime, texts: Sequence[str], answers: list[np.ndarray], clock: Callable[[], float]) -> float:
    """Append the answers to `texts` and return what they took, seconds of `clock`."""
    started = clock()
    answers.append(runtime.probabilities(texts))
    return clock() - started


def table(found: Mapping[str, Measured], baseline: str, truth: np.ndarray, settings: Evaluation, seed: int) -> pd.DataFrame:
    """Return one row a variant, in the order of `found`.

    variant, accuracy, low, high (shares), n · difference, difference_low, difference_high, p_value (paired against the
    baseline) · size_mb · rate, rate_low, rate_high (texts/s, fastest part and slowest) · speedup (over the baseline) ·
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
