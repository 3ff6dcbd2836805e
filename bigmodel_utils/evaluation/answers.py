"""What each trained model answers to the held-out rows of both markets, computed once for all sections of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import metrics
from bigmodel_utils.evaluation.predict import Classifier

if TYPE_CHECKING:
    import pandas as pd

DATA, MODELS = "01_prepare_data", "02_train_model"
ADAPTED = ("a", "b", "p")
_AT_HOME = ("a", "b")  # the third never saw the home market's labels: nobody would run it there
_SEEN_BY = {  # rows of a table whose vectors the distances and the learning curve read; enough to tell the measures apart
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

    tables: source_test, target_train, target_validation, target_test of notebook 01.
    """
    texts = {name: table["text"].tolist() for name, table in tables.items()}
    found = {}
    for name in ADAPTED:
        model = Classifier.load(run.path(MODELS, f"model_{name}"))
        wanted = _SEEN_BY.get(name, {})
        vectors = {table: model.representations(texts[table][:rows]) for table, rows in wanted.items()}
        asked = {table: rows for table, rows in texts.items() if table != "source_test" or name in _AT_HOME}
        found[name] = of_reader(model.probabilities, asked, vectors)
    return found


def of_reader(
    read: Callable[[list[str]], np.ndarray], texts: Mapping[str, list[str]], vectors: Mapping[str, np.ndarray] | None = None
) -> Answers:
    """Return the answers of anything that gives probabilities; without `source_test` in `texts` home stays unread."""
    home = read(texts["source_test"]) if "source_test" in texts else None
    return Answers(read(texts["target_validation"]), read(texts["target_test"]), home, vectors or {})
