"""Texts as M_A's frozen trunk sees them: what a private or shared head learns on, in seconds instead of minutes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation.judgement import DATA, MODELS
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.trust.rows import Rows

HOME_TEXTS = 200  # of the home market: they set the scale and the temperature, so the target's rows need not
TEST_TEXTS = 800


@dataclass(frozen=True)
class Views:
    """Training and test rows of the target market, and rows of the home market, as M_A sees them.

    `data_set` is a hash of the training rows as they were written, whatever model looks at them.
    """

    train: Rows
    test: Rows
    home: Rows
    classes: int
    data_set: str


def look(run: Run) -> Views:
    """Return the rows of a run through M_A; only home rows decide how vectors are scaled."""
    model = Classifier.load(run.path(MODELS, "model_a"))
    train, test = (run.table(DATA, f"target_{part}") for part in ("train", "test"))
    tables = train, test.head(TEST_TEXTS), run.table(DATA, "source_validation").head(HOME_TEXTS)
    raw = [model.representations(table["text"].tolist()) for table in tables]
    seen = [Rows(scaled(part, raw[-1]), table["label"].to_numpy()) for part, table in zip(raw, tables, strict=True)]
    lines = "\n".join(f"{label}\t{text}" for label, text in zip(train["label"], train["text"], strict=True))
    return Views(*seen, classes=len(run.scenario.task.labels), data_set=hashlib.sha256(lines.encode()).hexdigest()[:16])


def scaled(vectors: np.ndarray, home: np.ndarray) -> np.ndarray:
    """Return `vectors` centred and scaled by `home`, each shortened to length one where it is longer."""
    spread = (vectors - home.mean(axis=0)) / (home.std(axis=0) + 1e-6) / np.sqrt(vectors.shape[1])
    return (spread / np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1)).astype(np.float32)
