"""More examples of scarce labels, made from the ones at hand; for training rows only, never for validation or test.

Label-preserving edits of easy data augmentation (Wei and Zou 2019): clauses in another order, one left out, a few words
left out. Nothing is invented: every variant holds only words of its original.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bigmodel_utils.data import cleaning
from bigmodel_utils.data.drift import tokens

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DROPPED_SHARE = 0.1
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_CLAUSE = re.compile(r"[^。！？；，,.!?;\n]+[。！？；，,.!?;\n]*\s*")
_CUT = "\0"  # where something was taken out or put together: a space between two spaced words, else nothing
_PIECE = re.compile(rf"[{_CJK}]|[^\s{_CUT}{_CJK}]+|\s+|{_CUT}")
_BETWEEN_WORDS = re.compile(rf"(?<=[^\W{_CJK}]){_CUT}+(?=[^\W{_CJK}])")
_TRIES = 8


def balance(train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return `train` (text, label, row, any others) with variants added until every label is as frequent as the commonest.

    The new column `variant` is False for rows as they were; a variant keeps the other columns of its original. No variant
    repeats a text of `train`. A label stops short when its texts allow no further variant.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    counts = train["label"].value_counts()
    seen = {cleaning.key(text) for text in train["text"]}
    made = [train.assign(variant=False)]
    for label, count in counts.items():
        originals = train[train["label"] == label]
        variants = _variants(originals, int(counts.max() - count), seen, rng)
        made.append(variants.assign(label=label, variant=True))
    return pd.concat(made, ignore_index=True).astype({**train.dtypes.to_dict(), "variant": bool})


def _variants(originals: pd.DataFrame, wanted: int, seen: set[str], rng: np.random.Generator) -> pd.DataFrame:
    import pandas as pd

    made: list[str] = []
    origins: list[int] = []
    texts = originals["text"].tolist()
    for attempt in range(wanted * _TRIES):
        if len(made) == wanted:
            break
        place = attempt % len(texts)
        text = vary(texts[place], rng)
        key = cleaning.key(text)
        if key and key not in seen:
            seen.add(key)
            made.append(text)
            origins.append(place)
    return originals.iloc[origins].assign(text=pd.Series(made, index=originals.index[origins], dtype="str"))


def vary(text: str, rng: np.random.Generator) -> str:
    """Return a variant of one text: its clauses shuffled or one left out, then about a tenth of its words left out."""
    clauses = _CLAUSE.findall(text)
    if len(clauses) > 2 and rng.random() < 0.5:
        clauses.pop(int(rng.integers(len(clauses))))
    if len(clauses) > 1:
        clauses = [clauses[i] for i in rng.permutation(len(clauses))]
    pieces = _PIECE.findall(_CUT.join(clauses) or text)
    kept = [piece if not tokens(piece) or rng.random() >= DROPPED_SHARE else _CUT for piece in pieces]
    return re.sub(r"\s+", " ", _BETWEEN_WORDS.sub(" ", "".join(kept)).replace(_CUT, "")).strip()
