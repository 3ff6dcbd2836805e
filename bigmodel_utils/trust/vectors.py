"""Texts as M_A's frozen trunk sees them: what a private or shared head learns on, in seconds instead of minutes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.scenario import DATA, EVALUATION
from bigmodel_utils.trust.rows import Rows


@dataclass(frozen=True)
class Views:
    """Training and test rows of the target market, and test rows of the home market, as M_A sees them.

    `data_set` is a hash of the training rows as they were written, whatever model looks at them.
    """

    train: Rows
    test: Rows
    home: Rows
    classes: int
    data_set: str


def look(run: Run) -> Views:
    """Return the rows of a run as M_A saw them in notebook 03; only home rows decide how vectors are scaled."""
    kept, tables = run.table(EVALUATION, "vectors"), ("target_train", "target_test", "source_test")
    raw = [kept[kept["table"] == name].drop(columns="table").to_numpy(np.float32) for name in tables]
    read = [run.table(DATA, name).head(len(part)) for name, part in zip(tables, raw, strict=True)]
    seen = [Rows(scaled(part, raw[-1]), rows["label"].to_numpy()) for part, rows in zip(raw, read, strict=True)]
    lines = "\n".join(f"{label}\t{text}" for label, text in zip(read[0]["label"], read[0]["text"], strict=True))
    return Views(*seen, classes=len(run.scenario.task.labels), data_set=hashlib.sha256(lines.encode()).hexdigest()[:16])


def scaled(vectors: np.ndarray, home: np.ndarray) -> np.ndarray:
    """Return `vectors` centred and scaled by `home`, each shortened to length one where it is longer."""
    spread = (vectors - home.mean(axis=0)) / (home.std(axis=0) + 1e-6) / np.sqrt(vectors.shape[1])
    return (spread / np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1)).astype(np.float32)
