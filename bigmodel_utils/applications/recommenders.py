"""Item to item: how alike texts are, how strongly a like of one item speaks for another, and how well that ranks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from bigmodel_utils.applications.histories import Histories

TEXT_WEIGHTS = (0.0, 30.0, 100.0)
_NEIGHBOURS = (50, 100, 200)
_STRENGTHS = (100.0, 300.0, 1000.0)
_HALF_LIVES = (5.0, 20.0, np.inf)  # in likes


def tfidf_similarity(texts: list[str]) -> np.ndarray:
    """Return the cosine of TF-IDF of every two texts, (items, items), zero on the diagonal."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32).fit_transform(texts)
    kernel = (words @ words.T).toarray()
    np.fill_diagonal(kernel, 0)
    return kernel


def ease_weights(known: np.ndarray, kernel: np.ndarray, strength: float, text_weight: float) -> np.ndarray:
    """Return item-to-item weights, (items, items), that best tell each item of a user from the others, none from itself.

    Closed form of EASE (Steck 2019); texts join as further rows that similar items share (CEASE, Jeunen et al. 2020).
    """
    gram = known.T @ known + text_weight * kernel
    gram[np.diag_indices_from(gram)] += strength + text_weight  # a text is wholly like itself
    inverse = np.linalg.inv(gram.astype(np.float64))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def neighbour_weights(known: np.ndarray, count: int) -> np.ndarray:
    """Return for each item (column) the cosine to its `count` nearest items, 0 to the others (Sarwar et al. 2001)."""
    length = np.sqrt(known.sum(axis=0))
    cosine = known.T @ known / np.maximum(np.outer(length, length), 1e-9)
    np.fill_diagonal(cosine, 0)
    count = min(count, len(cosine) - 1)
    nearest = np.partition(cosine, -count, axis=0)[-count]
    return np.where(cosine >= nearest, cosine, 0).astype(np.float32)


def ranks(scores: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the rank of item `wanted` (one a row) among the row's scores, from 0; half of the items tied with it stand before it."""
    own = np.take_along_axis(scores, wanted[:, None], axis=1)
    return (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2


def ndcg(rank: np.ndarray, top: int) -> np.ndarray:
    """Return NDCG of one wanted item at `rank` in a list of `top` (Järvelin and Kekäläinen 2002): 1 at the head, 0 beyond the list."""
    return np.where(rank < top, 1 / np.log2(rank + 2), 0.0)


def tuned(likes: Histories, kernel: np.ndarray, top: int) -> dict[str, tuple[float, ...]]:
    """Return the settings of each model that rank the last like but one best, knowing only older ones."""
    older = likes.age >= 2
    known, wanted = likes.matrix(older), likes.at(1)
    weighted = {half: likes.matrix(older, half) for half in _HALF_LIVES}

    def score(user: np.ndarray, weights: np.ndarray) -> float:
        return float(ndcg(ranks(np.where(known > 0, -np.inf, user @ weights), wanted), top).mean())

    def best(make: Callable[..., np.ndarray], *grids: tuple[float, ...]) -> dict[tuple[float, ...], float]:
        made = ((values, make(*values)) for values in product(*grids))
        return {(*values, half): score(weighted[half], weights) for values, weights in made for half in _HALF_LIVES}

    near = best(lambda count: neighbour_weights(known, count), _NEIGHBOURS)
    wide = best(lambda strength, weight: ease_weights(known, kernel, strength, weight), _STRENGTHS, TEXT_WEIGHTS)
    plain = {values: found for values, found in wide.items() if values[1] == 0 and values[2] == np.inf}
    return {
        name: max(found, key=found.__getitem__) for name, found in (("hybrid", wide), ("linear", plain), ("neighbours", near))
    }
