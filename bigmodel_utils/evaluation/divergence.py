"""Distances between clouds of vectors: do two models, or two markets, look alike? Rows are texts, columns features."""

from __future__ import annotations

import numpy as np

from bigmodel_utils.evaluation.intervals import MeasureError, refuse_unfit

_LEAST = 4  # rows that debiasing needs


def cka(x: np.ndarray, y: np.ndarray, debiased: bool = True) -> float:
    """Return linear centred kernel alignment of two representations of the same rows: 1 alike, 0 unrelated.

    Kornblith et al. 2019; `debiased` uses the unbiased HSIC of Song et al. 2012, without which few rows look alike
    by chance. Invariant to rotation and scale of either. Raises MeasureError for fewer than 4 rows (2 when not debiased).
    """
    _refuse_pairs(x, y, _LEAST if debiased else 2)
    if not debiased:
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        scale = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
        return float(np.linalg.norm(y.T @ x) ** 2 / scale) if scale else 0.0
    kernels = [_u_centred(z @ z.T) for z in (x.astype(np.float64), y.astype(np.float64))]
    return _alignment(*kernels)


def cka_with_null(x: np.ndarray, y: np.ndarray, shuffles: int, seed: int) -> tuple[float, float]:
    """Return debiased CKA and the 95th percentile of what it is when the rows of `y` are shuffled."""
    _refuse_pairs(x, y, _LEAST)
    first, second = (_u_centred(z @ z.T) for z in (x.astype(np.float64), y.astype(np.float64)))
    rng = np.random.default_rng(seed)
    orders = (rng.permutation(len(x)) for _ in range(shuffles))
    null = [_alignment(first, second[np.ix_(order, order)]) for order in orders]
    return _alignment(first, second), float(np.quantile(null, 0.95))


def _refuse_pairs(x: np.ndarray, y: np.ndarray, least: int) -> None:
    if len(x) != len(y):
        raise MeasureError(f"{len(x)} and {len(y)} rows", "two representations of the same rows", "the rows measured")
    for rows in (x, y):
        refuse_unfit(rows, least)


def _u_centred(kernel: np.ndarray) -> np.ndarray:
    """Return the U-centred Gram matrix, diagonal zero (Szekely and Rizzo 2014)."""
    n = len(kernel)
    kernel = kernel.copy()
    np.fill_diagonal(kernel, 0)
    rows = kernel.sum(axis=0) / (n - 2)
    centred = kernel - rows[:, None] - rows[None, :] + kernel.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0)
    return centred


def _alignment(first: np.ndarray, second: np.ndarray) -> float:
    scale = np.sqrt((first * first).sum() * (second * second).sum())
    return float((first * second).sum() / scale) if scale else 0.0


def mmd2(x: np.ndarray, y: np.ndarray, bandwidth: float) -> float:
    """Return the unbiased squared maximum mean discrepancy with an RBF kernel exp(-d^2 / 2 bandwidth^2) (Gretton 2012).

    Raises MeasureError for fewer than 2 rows on a side, or a bandwidth of zero or less.
    """
    for rows in (x, y):
        refuse_unfit(rows, 2)
    if not bandwidth > 0:
        raise MeasureError(f"bandwidth {bandwidth:g}", "above 0", "the bandwidth")
    kernel = _rbf(np.concatenate([x, y]), bandwidth)
    return _mmd2(kernel, np.arange(len(x) + len(y)) < len(x))


def mmd2_with_p(x: np.ndarray, y: np.ndarray, shuffles: int, seed: int) -> tuple[float, float]:
    """Return squared MMD at the median distance as bandwidth, and the permutation p-value that both clouds are one."""
    for rows in (x, y):
        refuse_unfit(rows, 2)
    rng, both = np.random.default_rng(seed), np.concatenate([x, y])
    kernel, first = _rbf(both, _median_distance(both, rng)), np.arange(len(both)) < len(x)
    found = _mmd2(kernel, first)
    null = [_mmd2(kernel, rng.permutation(first)) for _ in range(shuffles)]
    return found, float((1 + sum(value >= found for value in null)) / (1 + shuffles))


def _rbf(rows: np.ndarray, bandwidth: float) -> np.ndarray:
    return np.exp(-_squared_distances(rows) / (2 * bandwidth**2))


def _squared_distances(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    norms = (rows**2).sum(axis=1)
    return np.maximum(norms[:, None] + norms[None, :] - 2 * rows @ rows.T, 0)


def _median_distance(rows: np.ndarray, rng: np.random.Generator) -> float:
    some = rows[rng.choice(len(rows), min(500, len(rows)), replace=False)]
    return float(np.sqrt(np.median(_squared_distances(some)[np.triu_indices(len(some), 1)]))) or 1.0


def _mmd2(kernel: np.ndarray, first: np.ndarray) -> float:
    n, m = first.sum(), (~first).sum()
    weights_x, weights_y = first.astype(float), (~first).astype(float)
    within_x = (weights_x @ kernel @ weights_x - n) / (n * (n - 1))  # the diagonal is 1
    within_y = (weights_y @ kernel @ weights_y - m) / (m * (m - 1))
    return float(within_x + within_y - 2 * (weights_x @ kernel @ weights_y) / (n * m))


def domain_errors(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Return which rows a linear classifier, fitted on the other folds, puts in the wrong cloud; shape (rows of x and y,).

    Balanced weights, so that half wrong means that the clouds cannot be told apart.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    origin = np.repeat([0, 1], [len(x), len(y)])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500))
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    return cross_val_predict(model, np.concatenate([x, y]), origin, cv=folds) != origin


def proxy_a_distance(error: float) -> float:
    """Return 2 (1 - 2 error), 0 for clouds that cannot be told apart, 2 for clouds that always can (Ben-David 2007)."""
    if not 0 <= error <= 1:
        raise MeasureError(f"error {error:g}", "a share between 0 and 1", "the error of the classifier")
    return 2 * (1 - 2 * min(error, 0.5))
