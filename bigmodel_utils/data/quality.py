"""The state of a market's data in a dozen numbers, and the rows whose label the texts themselves contradict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.data import languages
from bigmodel_utils.data.account import Account, encoded
from bigmodel_utils.data.drift import tokens
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FOLDS = 5
_LANGUAGE_SAMPLE = 1000  # texts looked at to tell the language: the share is known to a point


def report(
    clean: pd.DataFrame, parts: dict[str, pd.DataFrame], account: Account, language: str, labels: list[str]
) -> pd.DataFrame:
    """Return one row per check: check, value, unit, rows (that the value rests on).

    clean: every fit row before the split (text, label); parts: train, validation, test. Raises DataError when most
    texts are in another language than `language`.
    """
    import pandas as pd

    sizes = clean["text"].str.len()
    shares = clean["label"].value_counts(normalize=True).reindex(range(len(labels)), fill_value=0.0)
    before_copies = len(clean) + account.rows_of("copies")
    known, unseen = _vocabulary(parts)
    sampled = clean["text"].iloc[:: max(1, len(clean) // _LANGUAGE_SAMPLE)].tolist()
    other = float(languages.foreign(sampled, language).mean())
    rows = [
        (Message("rows without a text"), account.rows("no text") / account.raw, "share", account.raw),
        (Message("copies and near-copies"), account.rows_of("copies") / max(1, before_copies), "share", before_copies),
        (Message("copies that disagree on the label"), account.rows("same text, different labels"), "rows", before_copies),
        (Message("texts in another language than declared"), other, "share", len(sampled)),
        *(
            (Message("label {label}", label=label), float(share), "share", len(clean))
            for label, share in zip(labels, shares, strict=True)
        ),
        (Message("characters per text, median"), float(sizes.median()), "characters", len(clean)),
        (Message("characters per text, 99th percentile"), float(sizes.quantile(0.99)), "characters", len(clean)),
        (Message("texts longer than ten medians"), float((sizes > 10 * sizes.median()).mean()), "share", len(clean)),
        (Message("different words in training"), known, "words", len(parts["train"])),
        (Message("words of the test that training lacks"), unseen, "share", len(parts["test"])),
    ]
    cells = [(check.read(), *rest, encoded(check)) for check, *rest in rows]
    return pd.DataFrame(cells, columns=["check", "value", "unit", "rows", "message"])


def _vocabulary(parts: dict[str, pd.DataFrame]) -> tuple[int, float]:
    """Return (distinct tokens of training, share of the test's tokens that are not among them)."""
    known = {token for text in parts["train"]["text"] for token in tokens(text)}
    test = [token for text in parts["test"]["text"] for token in tokens(text)]
    return len(known), sum(token not in known for token in test) / max(1, len(test))


def doubtful_labels(rows: pd.DataFrame, labels: list[str], seed: int) -> pd.DataFrame:
    """Return the rows that a model trained on the others would label otherwise, the most doubtful first.

    rows: text, label, row. Columns: row, text, given, suggested, confidence (out-of-fold probability of the suggestion).
    A row is listed when the given label falls below its own class's mean confidence and another exceeds that class's
    (confident learning; Northcutt, Jiang, Chuang 2021), judged by TF-IDF of characters and logistic regression.
    """
    import numpy as np
    import pandas as pd

    given = rows["label"].to_numpy()
    chance = _out_of_fold(rows["text"].tolist(), given, seed)
    present = np.unique(given)
    typical = np.array([chance[given == label, n].mean() for n, label in enumerate(present)])
    eligible = np.where(chance >= typical, chance, -1.0)
    place = eligible.argmax(axis=1)
    best = eligible[np.arange(len(given)), place]
    listed = (best > 0) & (present[place] != given)
    table = pd.DataFrame(
        {
            "row": rows["row"].to_numpy(),
            "text": rows["text"].to_numpy(),
            "given": [labels[label] for label in given],
            "suggested": [labels[present[n]] for n in place],
            "confidence": best,
        }
    )
    return table[listed].sort_values("confidence", ascending=False, ignore_index=True)


def _out_of_fold(texts: list[str], given: np.ndarray, seed: int) -> np.ndarray:
    """Return rows x labels: the probability of each label by a model that did not see the row's label."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    counted = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2).fit_transform(texts)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    with threadpool_limits(1):  # many small steps: several threads take up to eight times the processor's time
        return cross_val_predict(LogisticRegression(C=4.0), counted, given, cv=folds, method="predict_proba")
