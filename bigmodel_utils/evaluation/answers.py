"""What each trained model answers to the held-out rows of both markets, computed once for all sections of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import metrics
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import MODELS
from bigmodel_utils.training.learned import frozen_depth

if TYPE_CHECKING:
    import pandas as pd

ADAPTED = ("a", "b", "p")
_AT_HOME = ("a", "b")  # the third never saw the home market's labels: nobody would run it there
_SEEN_BY = {  # rows of a table whose vectors are kept, for distances, learning curves and heads; enough to tell measures apart
    "a": {"target_train": None, "target_test": 800, "source_test": 400},
    "b": {"target_test": 400},
}


@dataclass(frozen=True)
class Answers:
    """One model's probabilities (texts, labels) as it gives them: target validation and test rows, and home test rows.

    `home` is None for readers that know the target market only. `vectors` holds, by name of a table of notebook 01, the
    mean vectors of its first texts, shape (texts, features).
    """

    validation: np.ndarray
    abroad: np.ndarray
    home: np.ndarray | None = None
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)

    def temperature(self, validation_truth: np.ndarray) -> float:
        """Return the temperature that calibrates these answers on validation rows."""
        return metrics.temperature(np.log(np.clip(self.validation, 1e-12, 1)), validation_truth)


def of_models(run: Run, tables: Mapping[str, pd.DataFrame]) -> dict[str, Answers]:
    """Return the answers of M_A, M_B and the pretrained weights' adaptation; one model in memory at a time.

    tables: source_test, target_train, target_validation, target_test of notebook 01. Their frozen layers read each text once.
    """
    frozen = frozen_depth(run.scenario.training, run.scenario.adaptation)
    found = {}
    for name in ADAPTED:
        model = Classifier.load(run.path(MODELS, f"model_{name}"), frozen)
        wanted = _SEEN_BY.get(name, {})
        asked = {"target_validation", "target_test", *(["source_test"] if name in _AT_HOME else []), *wanted}
        read = {table: model.read(tables[table]["text"].tolist()) for table in sorted(asked)}
        vectors = {table: read[table][1][:rows] for table, rows in wanted.items()}
        answered = (read[table][0] if table in read else None for table in ("target_validation", "target_test", "source_test"))
        found[name] = Answers(*answered, vectors)
    return found


def as_table(vectors: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return `table` and a column per feature: a row per text whose vector was kept, in the order of its table."""
    import pandas as pd

    parts = {name: pd.DataFrame(seen, columns=[str(i) for i in range(seen.shape[1])]) for name, seen in vectors.items()}
    return pd.concat(parts, names=["table"]).reset_index("table").reset_index(drop=True)
