"""Ways to the target market, tried side by side on the same rows: what each reads right there, and what it forgets at home."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.choices import Strategies, Training
from bigmodel_utils.evaluation import intervals, learning_curve
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA
from bigmodel_utils.training.finetune import FitResult
from bigmodel_utils.training.learned import TrainingError, frozen_depth
from bigmodel_utils.training.trial import Lesson, trained

if TYPE_CHECKING:
    import pandas as pd

_DRAWS = 2000
_CONFIDENCE = 0.95
_TABLES = ("source_train", "source_validation", "target_train", "target_validation")


@dataclass(frozen=True)
class Attempt:
    """A strategy (zero_shot | full | a name of `strategies.tried`) with a number of labels, under a seed."""

    strategy: str
    labels: int
    seed: int

    @property
    def name(self) -> str:
        return f"way_{self.strategy}_{self.labels}_{self.seed}"


@dataclass(frozen=True)
class Way:
    """What came of an attempt: which validation rows of either market are read right (booleans), and its cost."""

    attempt: Attempt
    abroad: np.ndarray
    home: np.ndarray
    trained: int
    seconds: float


def tried(
    run: Run, keep: Callable[..., Any], weights: Path, model_a: FitResult, model_b: FitResult, model_p: FitResult
) -> pd.DataFrame:
    """Return a row per strategy and number of labels, as `compared` does.

    `keep(name, compute, *arguments)` is a page's `kept`; model_b and model_p, trained by the page, are not trained again.
    """
    rows = {name: run.table(DATA, name) for name in _TABLES}
    attempts = planned(run.scenario.strategies, rows["target_train"]["label"], run.scenario.seed)
    quick = [attempt for attempt in attempts if attempt.strategy == "head"]
    ways = keep("ways_without_training", _without_training, run, rows, model_a, quick)
    first = {"labels": len(rows["target_train"]), "seed": run.scenario.seed}
    done = {Attempt("full", **first): model_b, Attempt("alone", **first): model_p}
    for attempt in attempts:
        if attempt in done:
            ways.append(keep(attempt.name, _judged, run, attempt, done[attempt], rows))
        elif attempt not in quick:
            ways.append(keep(attempt.name, _trained, run, attempt, rows, weights, model_a.folder))
    return compared(ways, len(rows["target_train"]), run.scenario.seed)


def planned(strategies: Strategies, labels: pd.Series, seed: int) -> list[Attempt]:
    """Return what to try: M_B and each strategy, at each number of labels, under each seed.

    A head on all rows comes out the same under every seed. Raises TrainingError for a number of labels beyond the rows.
    """
    fewest, most = labels.nunique(), len(labels)
    for size in strategies.few:
        if not fewest <= size < most:
            raise TrainingError(
                f"strategies.few = {size}", f"{fewest} to {most - 1}, of {most} labelled rows", "strategies.few of the scenario"
            )
    return [
        Attempt(strategy, size, seed + repeat)
        for strategy in ("full", *dict.fromkeys(strategies.tried))
        for size in (*sorted(set(strategies.few)), most)
        for repeat in range(1 if strategy == "head" and size == most else strategies.seeds)
    ]


def _without_training(run: Run, rows: dict[str, pd.DataFrame], model_a: FitResult, heads: list[Attempt]) -> list[Way]:
    """Return M_A as it is, and heads on its frozen vectors: one reading of the texts serves them all."""
    home_model, seed = _load(run, model_a), run.scenario.seed
    held_out = [rows["target_validation"], rows["source_validation"]]
    read = [home_model.read(part["text"].tolist()) for part in held_out]
    truth = [part["label"].to_numpy() for part in held_out]
    right = (answers.argmax(axis=1) == labels for (answers, _), labels in zip(read, truth, strict=True))
    ways = [Way(Attempt("zero_shot", 0, seed), *right, 0, 0.0)]
    if heads:
        started = time.perf_counter()
        vectors = home_model.representations(rows["target_train"]["text"].tolist())
        read_seconds = (time.perf_counter() - started) / len(vectors)
        labels, seen = rows["target_train"]["label"].to_numpy(), np.concatenate([vectors for _, vectors in read])
        judge = learning_curve.head_on_trunk(vectors, labels, seen, np.concatenate(truth))
        outputs = len(home_model.labels) if len(home_model.labels) > 2 else 1
        for attempt in heads:
            started = time.perf_counter()
            abroad, home = np.split(judge(_drawn(labels, attempt)), [len(truth[0])])
            seconds = read_seconds * attempt.labels + time.perf_counter() - started
            ways.append(Way(attempt, abroad, home, (vectors.shape[1] + 1) * outputs, seconds))
    return ways


def _trained(run: Run, attempt: Attempt, rows: dict[str, pd.DataFrame], weights: Path, home_model: Path) -> Way:
    """Return the way of a strategy that trains, under the scenario's adaptation settings."""
    import pandas as pd

    labelled = rows["target_train"]
    drawn = labelled.iloc[_drawn(labelled["label"].to_numpy(), attempt)]
    if attempt.strategy == "joint":
        drawn = pd.concat([rows["source_train"], drawn], ignore_index=True)
    start = weights if attempt.strategy in ("alone", "joint") else home_model
    settings = settings_of(attempt.strategy, run.scenario.adaptation, run.scenario.strategies)
    with trained(run, attempt.name, Lesson(start, drawn, rows["target_validation"], settings, attempt.seed)) as result:
        return _judged(run, attempt, result, rows)


def settings_of(strategy: str, adaptation: Training, strategies: Strategies) -> Training:
    """Return how a strategy trains: as M_B does, but for the one thing that it is about."""
    changes: dict[str, float] = {}
    if strategy == "adapter":
        changes = {"adapter_rank": strategies.adapter_rank, "learning_rate": strategies.adapter_learning_rate}
    elif strategy == "anchored":
        changes = {"anchor": strategies.anchor}
    return adaptation.model_copy(update=changes)


def _judged(run: Run, attempt: Attempt, result: FitResult, rows: dict[str, pd.DataFrame]) -> Way:
    model = _load(run, result)
    abroad, home = (_right(model, rows[f"{market}_validation"]) for market in ("target", "source"))
    return Way(attempt, abroad, home, result.trained_parameters, result.seconds)


def _load(run: Run, result: FitResult) -> Classifier:
    return Classifier.load(result.folder, frozen_depth(run.scenario.training, run.scenario.adaptation))


def _right(model: Classifier, rows: pd.DataFrame) -> np.ndarray:
    return model.probabilities(rows["text"].tolist()).argmax(axis=1) == rows["label"].to_numpy()


def _drawn(labels: np.ndarray, attempt: Attempt) -> np.ndarray:
    """Return the training rows of an attempt: all in their order, or as many of each label as there are to have."""
    if attempt.labels == len(labels):
        return np.arange(len(labels))
    return learning_curve.draw(labels, attempt.labels, np.random.default_rng(attempt.seed))


def compared(ways: list[Way], labels: int, seed: int) -> pd.DataFrame:
    """Return a row per strategy and number of labels, means over its seeds.

    Columns: strategy, labels, seeds, n, n_home (rows judged), accuracy, worst_seed, best_seed; difference (accuracy minus that
    of M_B with all labels); home (accuracy there), forgotten (of what M_A reads right there); trained (weights), seconds.
    accuracy and home have _low and _high, Wilson intervals over rows; so have difference and forgotten, which are empty for
    M_B and M_A themselves: paired bootstrap over rows, widened to hold for all comparisons at once (Bonferroni).
    """
    import pandas as pd

    groups: dict[tuple[str, int], list[Way]] = {}
    for way in ways:
        groups.setdefault((way.attempt.strategy, way.attempt.labels), []).append(way)
    adapted, as_it_is = groups["full", labels], groups["zero_shot", 0]
    confidence = 1 - (1 - _CONFIDENCE) / max(1, len(groups) - 1)
    found = []
    for (strategy, size), group in groups.items():
        abroad, home = _mean_right(group, "abroad"), _mean_right(group, "home")
        gain = abroad - _mean_right(adapted, "abroad") if group is not adapted else None
        loss = _mean_right(as_it_is, "home") - home if group is not as_it_is else None
        seeds = [way.abroad.mean() for way in group]
        found.append(
            {
                "strategy": strategy, "labels": size, "seeds": len(group), "n": len(abroad), "n_home": len(home),
                **_share("accuracy", abroad), "worst_seed": min(seeds), "best_seed": max(seeds),
                **_paired("difference", gain, seed, confidence), **_share("home", home),
                **_paired("forgotten", loss, seed, confidence),
                "trained": group[0].trained, "seconds": float(np.mean([way.seconds for way in group])),
            }
        )  # fmt: skip
    return pd.DataFrame(found)


def _mean_right(group: list[Way], market: str) -> np.ndarray:
    """Return, for each validation row, how many of the seeds read it right, as a share."""
    return np.mean([getattr(way, market) for way in group], axis=0)


def _share(name: str, right: np.ndarray) -> dict[str, float]:
    """Return a mean share and its interval, as wide as that of one model on as many rows."""
    mid = float(right.mean())
    low, high = intervals.wilson(round(right.sum()), len(right), _CONFIDENCE)
    return {name: mid, f"{name}_low": min(low, mid), f"{name}_high": max(high, mid)}


def _paired(name: str, gap: np.ndarray | None, seed: int, confidence: float) -> dict[str, float]:
    names = (name, f"{name}_low", f"{name}_high")
    if gap is None:
        return dict.fromkeys(names, float("nan"))
    found = intervals.bootstrap(lambda drawn: float(gap[drawn].mean()), len(gap), "share", _DRAWS, seed, confidence)
    return dict(zip(names, (found.mid, found.low, found.high), strict=True))
