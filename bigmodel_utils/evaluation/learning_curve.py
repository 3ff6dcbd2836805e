"""How error falls as labels grow, and how many labels a head start is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.training import rival
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

MOST_LABELS = 1e8  # beyond this, "how many labels" has no useful answer
_DRAWS = 200
_SLOPES = np.geomspace(0.02, 2.0, 100)


class CurveError(BigModelError):
    """Too few points for a curve."""


@dataclass(frozen=True)
class PowerLaw:
    """error(n) = scale * n^-slope + rest, with `draws` of (scale, slope, rest) from a bootstrap of the residuals."""

    scale: float
    slope: float
    rest: float
    draws: np.ndarray
    largest: int
    n: int

    def error(self, labels: float) -> Quantity:
        """Return the estimated error after training on `labels` labels, with an 80 % interval of the curve.

        On simulated curves the interval held the truth in about 7 of 10 cases: read it as the least that is unsure.
        """
        return self._estimate(lambda p: float(_error(p, labels)), "share")

    def labels_for(self, error: float) -> Quantity | None:
        """Return how many labels bring the error down to `error`, or None where the curve never gets there.

        Draws that never get there count as MOST_LABELS: the upper end then says "more than we can tell".
        """
        if error <= self.rest:
            return None
        return self._estimate(lambda p: _labels(p, error), "labels")

    def _estimate(self, of: Callable[[np.ndarray], float], unit: str) -> Quantity:
        mid = of(np.array([self.scale, self.slope, self.rest]))
        low, high = np.quantile([of(draw) for draw in self.draws], [0.1, 0.9])
        return Quantity(
            mid=mid, low=min(float(low), mid), high=max(float(high), mid), unit=unit, origin="estimated",
            source="power law through this run's learning curve", n=self.n,
            method=f"fitted up to {self.largest} labels; wild bootstrap, {len(self.draws)} draws, 80%",
        )  # fmt: skip


def measure(
    right: Callable[[np.ndarray], np.ndarray], labels: np.ndarray, sizes: Sequence[int], repeats: int, seed: int
) -> pd.DataFrame:
    """Return size, repeat, error: a row per training set drawn from the rows of `labels`, every label in equal share.

    `right(rows)` trains on those rows and returns which test rows it then has right (booleans).
    Raises CurveError when a size exceeds the rows there are.
    """
    import pandas as pd

    rng, found = np.random.default_rng(seed), []
    for size in sizes:
        if size > len(labels):
            raise CurveError(
                f"a training set of {size}", f"at most {len(labels)} labelled rows", "the sizes of the curve, or split.train"
            )
        for repeat in range(repeats):
            found.append({"size": size, "repeat": repeat, "error": 1 - right(draw(labels, size, rng)).mean()})
    return pd.DataFrame(found)


def head_on_trunk(
    vectors: np.ndarray, labels: np.ndarray, test_vectors: np.ndarray, test_labels: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a `right` for `measure`: a linear head on a model's frozen vectors, the cheapest way to use new labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def right(rows: np.ndarray) -> np.ndarray:
        head = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=1000))
        return head.fit(vectors[rows], labels[rows]).predict(test_vectors) == test_labels

    return right


def rival_alone(
    train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame, language: str
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a `right` for `measure`: TF-IDF and logistic regression, which start from nothing.

    Fragments are counted once; their weights, and which of them are known at all, come from the drawn rows alone.
    """
    counted = _counted(language, [part["text"] for part in (train, validation, test)])

    def right(rows: np.ndarray) -> np.ndarray:
        known, held_out, new = _weighted(counted, rows)
        best = rival.best_classifier(known, train["label"].iloc[rows], held_out, validation["label"], seed=0)
        return best.predict(new) == test["label"].to_numpy()

    return right


def _counted(language: str, texts: Sequence[pd.Series]) -> list[list[csr_matrix]]:
    """Return counts (texts, fragments) of each part of `texts`, for each kind of fragment that the rival reads."""
    from sklearn.feature_extraction.text import CountVectorizer

    found = []
    for _, kind in rival.features(language).transformer_list:
        counter = CountVectorizer(analyzer=kind.analyzer, ngram_range=kind.ngram_range).fit(texts[0])
        found.append([counter.transform(part) for part in texts])
    return found


def _weighted(counted: list[list[csr_matrix]], rows: np.ndarray) -> list[csr_matrix]:
    """Return TF-IDF of the drawn training rows and of the other parts, as a rival fitted on those rows would see them."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfTransformer

    parts = []
    for train, *others in counted:
        seen = np.flatnonzero(train[rows].getnnz(axis=0))
        known = train[rows][:, seen]
        weights = TfidfTransformer(sublinear_tf=True).fit(known)
        parts.append([weights.transform(known), *(weights.transform(other[:, seen]) for other in others)])
    return [hstack(kinds).tocsr() for kinds in zip(*parts, strict=True)]


def draw(labels: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return `size` rows: the first of every label's shuffled rows in turn, as far as each label reaches."""
    shuffled = rng.permutation(len(labels))
    rank = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        own = labels[shuffled] == label
        rank[own] = np.arange(own.sum())
    return shuffled[np.argsort(rank, kind="stable")[:size]]


def fit(curve: pd.DataFrame, seed: int) -> PowerLaw:
    """Return the power law through size and error of `curve` (Hestness et al. 2017); raises CurveError below 3 sizes.

    The draws are a wild bootstrap (Wu 1986): each residual keeps its place and changes its sign, as errors scatter more
    at few labels than at many; and is scaled by its leverage (HC3, MacKinnon and White 1985).
    """
    if curve["size"].nunique() < 3:
        raise CurveError(f"{curve['size'].nunique()} sizes", "at least 3, better 5", "the sizes of the curve")
    sizes, errors = curve["size"].to_numpy(dtype=float), curve["error"].to_numpy()
    best = _closest(sizes, errors[None, :])[0]
    smooth = _error(best, sizes)
    residuals = (errors - smooth) / (1 - _leverage(sizes, best, errors))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_DRAWS, len(errors)))
    draws = _closest(sizes, np.maximum(smooth + residuals * signs, 0))
    return PowerLaw(*(float(part) for part in best), draws=draws, largest=int(sizes.max()), n=len(curve))


def _closest(sizes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return (scale, slope, rest) of the closest curve to each row of `errors`, in relative terms; shape (rows, 3).

    Given the slope, scale and rest are a linear fit, so the slope is searched on a grid and the rest solved exactly.
    """
    weights = 1 / errors.mean(axis=0).clip(1e-6) ** 2
    best, lowest = np.zeros((len(errors), 3)), np.full(len(errors), np.inf)
    for slope in _SLOPES:
        x = sizes**-slope
        mean_x, mean_y = np.average(x, weights=weights), np.average(errors, axis=1, weights=weights)
        scale = ((errors - mean_y[:, None]) * (x - mean_x) * weights).sum(axis=1) / ((x - mean_x) ** 2 * weights).sum()
        rest = mean_y - scale * mean_x
        through_zero = (errors * x * weights).sum(axis=1) / (x**2 * weights).sum()
        scale = np.where(rest < 0, through_zero, np.maximum(scale, 0))
        rest = np.where(rest < 0, 0, np.where(scale > 0, rest, mean_y))
        cost = ((errors - scale[:, None] * x - rest[:, None]) ** 2 * weights).sum(axis=1)
        better = cost < lowest
        lowest[better] = cost[better]
        best[better] = np.column_stack([scale, np.full(len(errors), slope), rest])[better]
    return best


def _leverage(sizes: np.ndarray, parts: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return how far each point pulls the curve to itself, at most 0.9; shape (points,)."""
    scale, slope, _ = parts
    x = sizes**-slope
    slopes = np.column_stack([x, -scale * x * np.log(sizes), np.ones(len(sizes))]) / errors.clip(1e-6)[:, None]
    return np.minimum(np.einsum("ij,ji->i", slopes, np.linalg.pinv(slopes)), 0.9)


def _error(parts: np.ndarray, labels: float | np.ndarray) -> float | np.ndarray:
    scale, slope, rest = parts
    return scale * np.asarray(labels, dtype=float) ** -slope + rest


def _labels(parts: np.ndarray, error: float) -> float:
    scale, slope, rest = parts
    return float(min((scale / (error - rest)) ** (1 / slope), MOST_LABELS)) if error > rest else MOST_LABELS
