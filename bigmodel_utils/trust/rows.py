"""Rows that a head learns on, as plain arrays: all that a holder needs to take part, whatever else is installed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rows:
    """`vectors` (rows, features) of length one at most, `labels` (rows,) as indices."""

    vectors: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: np.ndarray) -> Rows:
        """Return the rows that `which` (positions or booleans) chooses."""
        return Rows(self.vectors[which], self.labels[which])

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of vectors and labels."""
        content = np.ascontiguousarray(self.vectors).tobytes() + np.ascontiguousarray(self.labels, dtype=np.int64).tobytes()
        return hashlib.sha256(content).hexdigest()[:16]
