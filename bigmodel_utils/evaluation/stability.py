"""Does quality hold within slices of the data and under typing noise?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.evaluation import intervals

if TYPE_CHECKING:
    import pandas as pd

_MARKS = re.compile(r"[^\w\s]+")


def by_slice(right: np.ndarray, slices: Mapping[str, np.ndarray], confidence: float) -> pd.DataFrame:
    """Return slice, n, accuracy, low, high, rest, differs: a row per slice that holds rows.

    `right` says which rows were answered right, each slice which rows belong to it; `rest` is the accuracy of the others
    and `differs` the p-value of Fisher's exact test between both, adjusted for the number of slices (Holm 1979).
    """
    import pandas as pd
    from scipy.stats import fisher_exact

    rows = []
    for name, inside in slices.items():
        if not inside.any():
            continue
        share = intervals.share(int(right[inside].sum()), int(inside.sum()), confidence)
        table = [[(right & side).sum(), (~right & side).sum()] for side in (inside, ~inside)]
        rest = float(right[~inside].mean()) if (~inside).any() else float("nan")
        rows.append({"slice": name, "n": share.n, "accuracy": share.mid, "low": share.low, "high": share.high, "rest": rest,
                     "differs": float(fisher_exact(table).pvalue)})  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["differs"] = _holm(frame["differs"].to_numpy())
    return frame


def _holm(p_values: np.ndarray) -> np.ndarray:
    order = np.argsort(p_values)
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def length_slices(texts: Sequence[str], parts: int = 4) -> dict[str, np.ndarray]:
    """Return up to `parts` slices of about equal size, named by their range of characters, as "12–40"."""
    lengths = np.array([len(text) for text in texts])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, parts + 1)).astype(int))
    edges[-1] += 1
    if len(edges) == 1:
        return {f"{lengths[0]}–{lengths[0]}": np.ones(len(lengths), dtype=bool)}
    return {f"{low}–{high - 1}": (lengths >= low) & (lengths < high) for low, high in pairwise(edges)}


def with_typos(texts: Sequence[str], share: float, seed: int) -> list[str]:
    """Return texts in which about `share` of the characters were mistyped: dropped, doubled, or swapped with the next.

    Works in any script; spaces stay, so that words remain words.
    """
    rng = np.random.default_rng(seed)
    return [_mistyped(text, share, rng) for text in texts]


def _mistyped(text: str, share: float, rng: np.random.Generator) -> str:
    letters, at = list(text), 0
    while at < len(letters):
        if not letters[at].isspace() and rng.random() < share:
            kind = rng.integers(3)
            if kind == 0:
                letters[at] = ""
            elif kind == 1:
                letters[at] *= 2
            elif at + 1 < len(letters) and not letters[at + 1].isspace():
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
                at += 1
        at += 1
    return "".join(letters) or text


def bare(text: str) -> str:
    """Return the text without capitals and punctuation, as people type in haste; a text of nothing else stays as it is."""
    return " ".join(_MARKS.sub(" ", text.lower()).split()) or text
