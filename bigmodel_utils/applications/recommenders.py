"""Item to item: how alike texts are, and how strongly a like of one item speaks for another."""

from __future__ import annotations

import numpy as np


def alike(texts: list[str]) -> np.ndarray:
    """Return the cosine of TF-IDF of every two texts, (items, items), zero on the diagonal."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32).fit_transform(texts)
    kernel = (words @ words.T).toarray()
    np.fill_diagonal(kernel, 0)
    return kernel


def linear(known: np.ndarray, kernel: np.ndarray, strength: float, text_weight: float) -> np.ndarray:
    """Return item-to-item weights, (items, items), that best tell each item of a user from the others, none from itself.

    Closed form of EASE (Steck 2019); texts join as further rows that similar items share (CEASE, Jeunen et al. 2020).
    """
    gram = known.T @ known + text_weight * kernel
    gram[np.diag_indices_from(gram)] += strength + text_weight  # a text is wholly like itself
    inverse = np.linalg.inv(gram.astype(np.float64))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def neighbours(known: np.ndarray, count: int) -> np.ndarray:
    """Return for each item (column) the cosine to its `count` nearest items, 0 to the others (Sarwar et al. 2001)."""
    length = np.sqrt(known.sum(axis=0))
    cosine = known.T @ known / np.maximum(np.outer(length, length), 1e-9)
    np.fill_diagonal(cosine, 0)
    count = min(count, len(cosine) - 1)
    nearest = np.partition(cosine, -count, axis=0)[-count]
    return np.where(cosine >= nearest, cosine, 0).astype(np.float32)
