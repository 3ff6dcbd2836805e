"""How well names inside texts are found: whole entities, not words (tags B-KIND, I-KIND and O, one a word)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

Tags = Sequence[Sequence[str]]
Span = tuple[str, int, int]  # kind, first word, word after the last


class TagError(BigModelError):
    """Tags of truth and answer that do not stand beside each other."""


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the entities of one text; an inside tag of another kind begins a new one (seqeval's rule for IOB2)."""
    found: list[Span] = []
    for place, tag in enumerate(tags):
        mark, _, kind = tag.partition("-")
        if mark == "I" and found and found[-1][0] == kind and found[-1][2] == place:
            found[-1] = (kind, found[-1][1], place + 1)
        elif mark in {"B", "I"}:
            found.append((kind, place, place + 1))
    return found


def counts(truth: Tags, found: Tags, kind: str | None = None) -> np.ndarray:
    """Return how many entities each text has found rightly (kind and both ends), found, and there: (texts, 3).

    `kind` counts entities of that kind only. Raises TagError where a text has other tags than words.
    """
    _aligned(truth, found)
    rows = []
    for one, other in zip(truth, found, strict=True):
        there, told = ({span for span in spans(tags) if kind in (None, span[0])} for tags in (one, other))
        rows.append((len(there & told), len(told), len(there)))
    return np.array(rows, dtype=int).reshape(-1, 3)


def f1(counted: np.ndarray) -> float:
    """Return micro F1 (Tjong Kim Sang 2003) of counts (texts, 3), summed; 0 without any entity."""
    hits, told, there = counted.sum(axis=0)
    return float(2 * hits / (told + there)) if told + there else 0.0


def score(counted: np.ndarray, settings: Evaluation, seed: int) -> Quantity:
    """Return F1 with its interval, texts resampled."""
    return intervals.bootstrap(
        lambda rows: f1(counted[rows]), len(counted), "F1", settings.resamples, seed, settings.confidence
    )


def gain(first: np.ndarray, second: np.ndarray, settings: Evaluation, seed: int) -> Quantity:
    """Return F1 of the first counts less that of the second on the same texts, resampled together."""
    return intervals.bootstrap(
        lambda rows: f1(first[rows]) - f1(second[rows]), len(first), "F1", settings.resamples, seed, settings.confidence
    )


def by_kind(truth: Tags, found: Tags) -> pd.DataFrame:
    """Return kind, n (entities of the truth), precision, recall, f1: a row per kind of entity, commonest first."""
    import pandas as pd

    _aligned(truth, found)
    rows = []
    for kind in sorted({span[0] for part in (truth, found) for tags in part for span in spans(tags)}):
        counted = counts(truth, found, kind)
        hits, told, there = counted.sum(axis=0)
        precision, recall = (hits / count if count else float("nan") for count in (told, there))
        rows.append({"kind": kind, "n": int(there), "precision": precision, "recall": recall, "f1": f1(counted)})
    columns = ["kind", "n", "precision", "recall", "f1"]
    return pd.DataFrame(rows, columns=columns).sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _aligned(truth: Tags, found: Tags) -> None:
    if len(truth) != len(found):
        raise TagError(f"{len(found)} tagged texts", f"as many as there are: {len(truth)}", "the tagger's answers")
    for row, (one, other) in enumerate(zip(truth, found, strict=True)):
        if len(one) != len(other):
            raise TagError(f"{len(other)} tags in text {row}", f"one per word: {len(one)}", "the tagger's answers")
