"""What M_A is worth in labels of the target market: how many a reader that starts from nothing needs to match it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import learning_curve
from bigmodel_utils.evaluation.answers import Answers
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DATA
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

REPEATS = 3


@dataclass(frozen=True)
class HeadStart:
    """`curves`: reader (head | rival), size, repeat, error. `zero_shot_error`: of M_A as it is, on the same texts.

    `worth`: labels with which the rival matches M_A as it is, None where its curve never does; `meaning` says so.
    """

    curves: pd.DataFrame
    zero_shot_error: float
    worth: Quantity | None
    meaning: Message


def measure(run: Run, by_a: Answers) -> HeadStart:
    """Return what M_A of a run is worth in labels of the target market; `by_a` is what M_A answers and sees."""
    train, validation, test = (run.table(DATA, f"target_{part}") for part in ("train", "validation", "test"))
    return between(by_a, train, validation, test, run.scenario.target_market.language, run.scenario.seed)


def between(
    by_a: Answers, train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame, language: str, seed: int
) -> HeadStart:
    """Return the head start from tables (text, label): a head on M_A's vectors and TF-IDF, at growing sizes.

    `by_a` holds vectors of `target_train` and of the first texts of `target_test`; those are the texts judged.
    """
    import pandas as pd

    vectors, test_vectors = by_a.vectors["target_train"], by_a.vectors["target_test"]
    judged = test.head(len(test_vectors))
    labels, truth = train["label"].to_numpy(), judged["label"].to_numpy()
    readers = {
        "head": learning_curve.head_on_trunk(vectors, labels, test_vectors, truth),
        "rival": learning_curve.rival_alone(train, validation, judged, language),
    }
    sizes = np.unique(np.geomspace(min(50, len(train) / 4), len(train), 6).astype(int)).tolist()
    curves = {name: learning_curve.measure(right, labels, sizes, REPEATS, seed) for name, right in readers.items()}
    error = float((by_a.abroad[: len(judged)].argmax(axis=1) != truth).mean())
    worth = learning_curve.fit(curves["rival"], seed).labels_for(error)
    return HeadStart(pd.concat(curves, names=["reader"]).reset_index("reader"), error, worth, _meaning(worth, len(train)))


def _meaning(worth: Quantity | None, measured: int) -> Message:
    if worth is None:
        return Message("No number of labels is shown to bring a word counter to where the home model stands without any.")
    if worth.mid > measured:
        return Message(
            "Without any label, the home model stands where a word counter would with about {worth:integer} labels, "
            "beyond the {measured:integer} measured.",
            worth=worth,
            measured=measured,
        )
    return Message(
        "Without any label, the home model stands where a word counter stands with about {worth:integer} labels.", worth=worth
    )
