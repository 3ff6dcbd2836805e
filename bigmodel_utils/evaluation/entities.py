"""How well spans inside texts are found: whole entities, not tokens (B-TYPE, I-TYPE, O tags)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

Tags = Sequence[Sequence[str]]


class TagError(BigModelError):
    """Tags of truth and answer that do not stand beside each other."""


def f1(truth: Tags, found: Tags, settings: Evaluation, seed: int) -> Quantity:
    """Return micro F1 over entities (Tjong Kim Sang 2003): right only when type and both ends agree; bootstrap of texts.

    Raises TagError where a text has other tags than tokens.
    """
    counts = _counts(truth, found).sum(axis=2)
    return intervals.bootstrap(
        lambda rows: _f1(counts[rows].sum(axis=0)), len(counts), "score", settings.resamples, seed, settings.confidence
    )


def by_type(truth: Tags, found: Tags) -> pd.DataFrame:
    """Return type, n (entities of the truth), precision, recall, f1: a row per type of entity, commonest first."""
    import pandas as pd

    rows = []
    for kind, (hits, told, there) in zip(_types(truth, found), _counts(truth, found).sum(axis=0).T, strict=True):
        precision, recall = (hits / count if count else float("nan") for count in (told, there))
        row = {
            "type": kind,
            "n": int(there),
            "precision": precision,
            "recall": recall,
            "f1": _f1(np.array([hits, told, there])),
        }
        rows.append(row)
    columns = ["type", "n", "precision", "recall", "f1"]
    return pd.DataFrame(rows, columns=columns).sort_values("n", ascending=False, kind="stable", ignore_index=True)


def token_accuracy(truth: Tags, found: Tags) -> float:
    """Return the share of tokens tagged right, O included: flattering where most tokens are no entity."""
    _aligned(truth, found)
    pairs = [a == b for one, other in zip(truth, found, strict=True) for a, b in zip(one, other, strict=True)]
    return float(np.mean(pairs)) if pairs else float("nan")


def _types(truth: Tags, found: Tags) -> list[str]:
    return sorted({tag.partition("-")[2] for part in (truth, found) for row in part for tag in row if tag != "O"})


def _counts(truth: Tags, found: Tags) -> np.ndarray:
    """Return entities found rightly, found, and there: shape (texts, 3, types)."""
    _aligned(truth, found)
    places = {kind: place for place, kind in enumerate(_types(truth, found))}
    counts, entities = np.zeros((len(truth), 3, len(places)), dtype=int), _reader()
    for row, (one, other) in enumerate(zip(truth, found, strict=True)):
        there, told = set(entities(list(one))), set(entities(list(other)))
        for place, spans in enumerate((there & told, told, there)):
            for kind, *_ in spans:
                counts[row, place, places[kind]] += 1
    return counts


def _reader() -> Callable[[list[str]], list[tuple]]:
    from seqeval.metrics.sequence_labeling import get_entities

    return get_entities


def _f1(counts: np.ndarray) -> float:
    hits, told, there = counts
    return float(2 * hits / (told + there)) if told + there else 0.0


def _aligned(truth: Tags, found: Tags) -> None:
    if len(truth) != len(found):
        raise TagError(f"{len(found)} tagged texts", f"as many as there are: {len(truth)}", "the tagger's answers")
    for row, (one, other) in enumerate(zip(truth, found, strict=True)):
        if len(one) != len(other):
            raise TagError(f"{len(other)} tags in text {row}", f"one per token: {len(one)}", "the tagger's answers")
