"""Rows that a head can learn: two clouds in sixteen dimensions, of length one at most, as `vectors.scaled` leaves them."""

from __future__ import annotations

import numpy as np

from bigmodel_utils.trust.rows import Rows


def clouds(count: int, seed: int, apart: float = 0.5) -> Rows:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(count) % 2
    vectors = rng.normal(0, 0.18, (count, 16))
    vectors[:, 0] += np.where(labels == 1, apart / 2, -apart / 2)
    return Rows((vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)).astype(np.float32), labels)
