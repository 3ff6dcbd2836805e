"""What notebook 03 computes beside predictions, against scikit-learn used plainly: processor seconds at equal results.

    python tests/benchmarks/bench_evaluation.py [--rows 1200] [--draws 6]

Two races: a learning curve of the word counter (fragments counted once, dual coordinate descent) against fitting a whole
pipeline on every draw of labels; bootstrap intervals of ROC area and average precision against a loop over scikit-learn.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline

from bigmodel_utils import data, scenario
from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals, learning_curve, ranking
from bigmodel_utils.training import rival

STRENGTHS = (1.0, 3.0, 10.0, 30.0)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return processor seconds and result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def plain_pipeline(market: data.preparation.Prepared, test, rows: np.ndarray) -> np.ndarray:
    """Return which test rows a TF-IDF pipeline fitted on these rows has right, its strength chosen on validation rows."""
    drawn, best, score = market.train.iloc[rows], None, -1.0
    for strength in STRENGTHS:
        model = make_pipeline(rival.features("zh"), LogisticRegression(C=strength, max_iter=2000))
        model.fit(drawn["text"], drawn["label"])
        found = model.score(market.validation["text"], market.validation["label"])
        if found > score:
            best, score = model, found
    return best.predict(test["text"]) == test["label"].to_numpy()


def learning_curves(rows: int, draws: int) -> None:
    chosen = scenario.load("reviews_us_to_cn")
    market = data.prepare(chosen.target_market, chosen.task, chosen.seed)
    test, rng = market.test.head(800), np.random.default_rng(7)
    sets = [rng.permutation(len(market.train))[: min(rows, len(market.train))] for _ in range(draws)]
    theirs, plain = timed(lambda: np.array([plain_pipeline(market, test, one) for one in sets]))

    def counted() -> np.ndarray:
        right = learning_curve.rival_alone(market.train, market.validation, test, "zh")
        return np.array([right(one) for one in sets])

    ours, found = timed(counted)
    print(
        f"learning curve, {draws} draws of {len(sets[0])} labels: mean accuracy ours {found.mean():.4f}, theirs {plain.mean():.4f}"
    )
    print(f"  scikit-learn {theirs:.1f} s, ours {ours:.1f} s, ratio {theirs / ours:.1f}")


def areas(rows: int, draws: int = 300) -> None:
    rng = np.random.default_rng(7)
    is_event = rng.random(rows) < 0.5
    score = 1 / (1 + np.exp(-rng.normal(is_event * 1.5, 1)))
    picks = intervals.resamples(rows, draws, 7)
    theirs, plain = timed(lambda: np.array([[roc_auc_score(is_event[p], score[p]), average_precision_score(is_event[p], score[p])] for p in picks]))  # fmt: skip
    share, settings = float(is_event.mean()), Evaluation(resamples=draws)
    ours, table = timed(lambda: ranking.areas({"b": score}, is_event, share, settings, 7))
    expected = np.quantile(plain[:, 0], [0.025, 0.975])
    np.testing.assert_allclose(table.loc[0, ["roc_low", "roc_high"]].to_numpy(dtype=float), expected, atol=1e-9)
    print(f"ROC and precision intervals, {draws} draws of {rows} rows, ROC interval equal to nine digits")
    print(f"  scikit-learn {theirs:.2f} s, ours {ours:.2f} s, ratio {theirs / ours:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--draws", type=int, default=6)
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}")
    areas(2 * options.rows)
    learning_curves(options.rows, options.draws)


if __name__ == "__main__":
    main()
