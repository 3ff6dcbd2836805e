"""Why M_B decides as it does: single texts of both markets taken apart, and the pieces that weigh most over many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import attribution, intervals
from bigmodel_utils.evaluation.attribution import Attribution
from bigmodel_utils.evaluation.judgement import Judgement
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA, MODELS
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

TEXTS = 16  # enough for the pieces that come back, few enough for a page; of few rows, a tenth of them
STEPS_MANY = 24  # of the integral, for a mean over texts
LEAST = 3
_READABLE = (12, 160)  # characters of a text that is shown taken apart


@dataclass(frozen=True)
class Example:
    """A text taken apart: its market (source | target), its true label, and how each piece moved the answer."""

    market: str
    truth: str
    parts: Attribution

    @property
    def is_right(self) -> bool:
        return self.truth == self.parts.label


@dataclass(frozen=True)
class Explained:
    """`examples` of both markets; `pieces` of the target market: piece, texts (how many hold it), score (mean pull to the event).

    `missing`: what the integrals over those texts miss, as a share of what they should sum to.
    """

    examples: list[Example]
    pieces: pd.DataFrame
    missing: Quantity


def measure(run: Run, judged: Judgement) -> Explained:
    """Return M_B's decisions on a few test texts of both markets, right and wrong ones, and its weightiest pieces."""
    model, task, examples = Classifier.load(run.path(MODELS, "model_b"), exact=True), run.scenario.task, []
    event = task.labels.index(task.event)
    for market, answers in (("target", judged.answers["b"].abroad), ("source", judged.answers["b"].home)):
        test = run.table(DATA, f"{market}_test")
        for row in chosen(test, answers, event):
            parts = attribution.attribute(model, test["text"].iloc[row])
            examples.append(Example(market, task.labels[test["label"].iloc[row]], parts))
    texts = run.table(DATA, "target_test")["text"].tolist()
    texts = texts[: min(TEXTS, max(LEAST, len(texts) // 10))]
    many = [attribution.attribute(model, text, task.event, STEPS_MANY) for text in texts]
    missing = Quantity(
        mid=attribution.completeness(many), unit="share", origin="measured", source=intervals.SOURCE, n=len(many),
        method="sum of scores against the change of the log-odds",
    )  # fmt: skip
    return Explained(examples, attribution.important_pieces(many, LEAST), missing)


def chosen(test: pd.DataFrame, answers: np.ndarray, event: int) -> list[int]:
    """Return up to two rows of `test` (text, label) short enough to read: the surest event that was found, and the surest error."""
    length = test["text"].str.len().to_numpy()
    readable = (length >= _READABLE[0]) & (length <= _READABLE[1])
    guess, sure, truth = answers.argmax(axis=1), answers.max(axis=1), test["label"].to_numpy()
    wanted = [(guess == truth) & (truth == event) & readable, (guess != truth) & readable]
    return [int(np.flatnonzero(mask)[sure[mask].argmax()]) for mask in wanted if mask.any()]
