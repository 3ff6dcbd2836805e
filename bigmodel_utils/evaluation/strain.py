"""Where M_B weakens: slices of the target market's texts, and texts that were mistyped or worded otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.data import augmentation
from bigmodel_utils.data.drift import tokens
from bigmodel_utils.evaluation import compare, stability
from bigmodel_utils.evaluation.judgement import Judgement
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA, MODELS

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

TEXTS = 200  # per market and kind of noise: paired differences need fewer rows than shares
TOPICS = 5
_FAMILIAR = 0.75  # the rest of the texts counts as unlike the training rows
_PREFIX = "slice_"

CHANGES: dict[str, Callable[[Sequence[str], int], list[str]]] = {
    "typos 2": lambda texts, seed: stability.with_typos(texts, 0.02, seed),
    "typos 5": lambda texts, seed: stability.with_typos(texts, 0.05, seed),
    "reworded": lambda texts, seed: reworded(texts, seed),
    "bare": lambda texts, seed: [stability.bare(text) for text in texts],
}


def reworded(texts: Sequence[str], seed: int) -> list[str]:
    """Return texts with clauses in another order or left out and a tenth of the words left out: a rough paraphrase."""
    rng = np.random.default_rng(seed)
    return [augmentation.vary(text, rng) or text for text in texts]


def measure(run: Run, judged: Judgement) -> dict[str, pd.DataFrame]:
    """Return the tables `slices` and `noise` of M_B."""
    return {"slices": slices(run, judged), "noise": noise(run, judged)}


def slices(run: Run, judged: Judgement) -> pd.DataFrame:
    """Return kind, slice, n, accuracy, low, high, rest, differs: how M_B reads parts of the target market's test rows.

    kind: length (characters), topic (found by clustering words), novelty (unlike the training rows), or a column
    `slice_NAME` of the table. `differs` is Fisher's p-value against all other rows, adjusted within the kind.
    """
    import pandas as pd

    train, test = run.table(DATA, "target_train"), run.table(DATA, "target_test")
    right = judged.probabilities["b"].argmax(axis=1) == test["label"].to_numpy()
    kinds = {"length": stability.length_slices(test["text"].tolist()), **_by_words(train, test, run.scenario.seed)}
    for column in (column for column in test if column.startswith(_PREFIX)):
        groups = test[column].astype(str)
        kinds[column.removeprefix(_PREFIX)] = {value: (groups == value).to_numpy() for value in sorted(groups.unique())}
    confidence = run.scenario.evaluation.confidence
    found = {kind: stability.by_slice(right, parts, confidence) for kind, parts in kinds.items()}
    return pd.concat(found, names=["kind"]).reset_index("kind").reset_index(drop=True)


def _by_words(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> dict[str, dict[str, np.ndarray]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(analyzer=_pairs_and_words, min_df=3, max_df=0.3, sublinear_tf=True, dtype=np.float32)
    try:
        known = counter.fit_transform(train["text"])
    except ValueError:  # too few rows for any word to come back
        return {}
    new = counter.transform(test["text"])
    likeness = (new @ known.T).max(axis=1).toarray().ravel()
    unlike = likeness < np.quantile(likeness, 1 - _FAMILIAR)
    return {
        "novelty": {"unlike the training rows": unlike, "like the training rows": ~unlike},
        "topic": topics(known, new, counter.get_feature_names_out(), seed),
    }


def _pairs_and_words(text: str) -> list[str]:
    """Return words of two letters or more and pairs of neighbouring Chinese signs, which is what Chinese words mostly are."""
    found = tokens(text)
    pairs = [a + b for a, b in pairwise(found) if _is_sign(a) and _is_sign(b)]
    return [token for token in found if len(token) > 1] + pairs


def _is_sign(token: str) -> bool:
    return len(token) == 1 and not token.isascii()


def topics(known: csr_matrix, new: csr_matrix, words: Sequence[str], seed: int) -> dict[str, np.ndarray]:
    """Return topic -> which rows of `new`; topics are clusters of the rows `known`, named by the words that mark them."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    parts = min(30, known.shape[1] - 1, known.shape[0] - 1)
    model = make_pipeline(TruncatedSVD(parts, random_state=seed), Normalizer(), KMeans(TOPICS, n_init=4, random_state=seed))
    own, assigned = model.fit_predict(known), model.predict(new)
    average = np.asarray(known.mean(axis=0)).ravel()
    found: dict[str, np.ndarray] = {}
    for topic in range(TOPICS):
        rows = assigned == topic
        if (own == topic).any() and rows.any():
            marked = np.asarray(known[own == topic].mean(axis=0)).ravel() - average
            found[" ".join(str(words[place]) for place in _distinct(np.argsort(-marked), words))] = rows
    return found


def _distinct(ranked: np.ndarray, words: Sequence[str], count: int = 3) -> list[int]:
    """Return the places of the first `count` words that do not overlap one chosen before."""
    chosen: list[int] = []
    for place in ranked:
        if not any(set(words[place]) & set(words[other]) and not words[place].isascii() for other in chosen):
            chosen.append(int(place))
        if len(chosen) == count:
            break
    return chosen


def noise(run: Run, judged: Judgement) -> pd.DataFrame:
    """Return market, change, accuracy, lost, low, high, p_value, n: how M_B reads changed texts of both markets.

    `lost` is accuracy on the texts as they are less accuracy on the same texts changed, with the paired interval.
    """
    import pandas as pd

    model = Classifier.load(run.path(MODELS, "model_b"))
    unchanged = {"target": judged.answers["b"].abroad, "source": judged.answers["b"].home}
    rows = []
    for market, answers in unchanged.items():
        test = run.table(DATA, f"{market}_test").head(TEXTS)
        rows += under_changes(model.probabilities, test, answers[: len(test)], run, market)
    return pd.DataFrame(rows)


def under_changes(
    predict: Callable[[list[str]], np.ndarray], test: pd.DataFrame, unchanged: np.ndarray, run: Run, market: str
) -> list[Mapping[str, object]]:
    """Return a row of `noise` for each change of the texts of `test` (text, label), whose answers are `unchanged`."""
    truth, texts, seed = test["label"].to_numpy(), test["text"].tolist(), run.scenario.seed
    right, rows = {"as it is": unchanged.argmax(axis=1) == truth}, []
    for name, change in CHANGES.items():
        right[name] = predict(change(texts, seed)).argmax(axis=1) == truth
        found = compare.paired("as it is", name, right, run.scenario.evaluation, seed)
        lost = found.difference
        rows.append({"market": market, "change": name, "accuracy": float(right[name].mean()), "lost": lost.mid,
                     "low": lost.low, "high": lost.high, "p_value": found.p_value, "n": len(truth)})  # fmt: skip
    return rows
