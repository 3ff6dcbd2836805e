"""Has the stream changed? New texts against a reference, without labels, each measure against what chance alone gives."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.data import cleaning, files, sources
from bigmodel_utils.data.account import Account, DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from bigmodel_utils.choices import Market

    Feature = tuple[np.ndarray, Callable]  # counts per row, and the distance between rows of summed counts
    Represent = Callable[[Sequence[str]], np.ndarray]  # texts -> vectors (texts, features)

DRAWS = 200
MARGIN = 1.5  # alarm at one and a half times the largest 1 % that chance gives: a shift worth a look, not only a certain one
MAX_TEXTS, LEAST_TEXTS = 20_000, 50
PLACED = 500  # texts of each side that a model looks at
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_CLASSES = (
    re.compile(r"[A-Za-z]"),
    re.compile(r"\d"),
    re.compile(r"\s"),
    re.compile(r"[\u3400-\u9fff]"),
    re.compile(r"[^\w\s]"),
)


@dataclass(frozen=True)
class Drift:
    """measures: measure, value, threshold, chance (median under no change), alarm. `words`: what moved most."""

    measures: pd.DataFrame
    words: pd.DataFrame

    @property
    def alarm(self) -> bool:
        """True when any measure exceeds its threshold."""
        return bool(self.measures["alarm"].any())


def of_file(path: Path, market: Market, reference: Sequence[str], seed: int, represent: Represent | None = None) -> Drift:
    """Return the drift of a company's new file (text column as in the scenario) against `reference` texts; see `drift`.

    Read in flat memory, at most MAX_TEXTS rows drawn evenly. Raises DataError for a file that cannot be used.
    """
    account = Account()
    stream = files.batches(path, {"text": market.data.columns.text}, market.language, account)
    frame = sources.sample(stream, MAX_TEXTS, seed, account)
    if frame.empty:
        raise DataError(f"{path.name} holds no record", "at least one", "the file")
    return drift(reference, cleaning.repair_texts(frame, account)["text"].tolist(), seed, represent)


def drift(reference: Sequence[str], new: Sequence[str], seed: int, represent: Represent | None = None) -> Drift:
    """Return how far `new` lies from `reference`: words, lengths, characters, and meaning where a model can `represent` it.

    words, characters: Jensen-Shannon divergence in bits (0 same, 1 disjoint; Lin 1991); lengths: population stability
    index over tenths of the reference (Siddiqi 2006: 0.1 some, 0.25 major); unseen: share of words the reference lacks;
    meaning: distance between the mean vectors of PLACED texts of each (maximum mean discrepancy, Gretton et al. 2012).
    The threshold is MARGIN times the 99th percentile of the same measure between disjoint random parts of the
    reference, of the same sizes. Raises DataError below LEAST_TEXTS texts on either side.
    """
    import numpy as np
    import pandas as pd

    if min(len(reference), len(new)) < LEAST_TEXTS:
        given = f"{len(reference)} reference texts and {len(new)} new ones"
        raise DataError(given, f"at least {LEAST_TEXTS} of each", "the new file, or the scenario's split")
    rng = np.random.default_rng(seed)
    reference, new = _some(reference, MAX_TEXTS, rng), _some(new, MAX_TEXTS, rng)
    features, vocabulary = _features(reference, new)
    table = against_chance(features, len(reference), len(new), rng)
    if represent:
        table = pd.concat([table, _meaning(reference, new, represent, rng)], ignore_index=True)
    return Drift(table, _moved(features["words"][0], vocabulary, len(reference)))


def against_chance(features: Mapping[str, Feature], reference: int, new: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return measure, value, threshold, chance, alarm of each feature.

    features: name -> counts (rows, kinds), the `reference` rows first and the `new` rows after them, and the distance
    between summed counts. The value compares parts of equal size; the threshold is what chance gives, see `drift`.
    """
    import numpy as np
    import pandas as pd

    size = min(new, reference // 2)
    orders = [rng.permutation(reference) for _ in range(DRAWS)]
    chance = [(order[size:], order[:size]) for order in orders]
    actual = [(order[size:], reference + rng.permutation(new)[:size]) for order in orders[:20]]
    rows = []
    for name, (matrix, distance) in features.items():
        null = distance(_sums(matrix, [a for a, _ in chance]), _sums(matrix, [b for _, b in chance]))
        value = distance(_sums(matrix, [a for a, _ in actual]), _sums(matrix, [b for _, b in actual])).mean()
        threshold = MARGIN * float(np.quantile(null, 0.99))
        rows.append((name, float(value), threshold, float(np.median(null)), bool(value > threshold)))
    return pd.DataFrame(rows, columns=["measure", "value", "threshold", "chance", "alarm"])


def by_tenth(values: np.ndarray, reference: int) -> Feature:
    """Return numbers as tenths of their first `reference` rows, compared by the population stability index."""
    import numpy as np

    edges = np.unique(np.quantile(values[:reference], np.linspace(0, 1, 11)[1:-1]))
    return np.eye(len(edges) + 1, dtype=np.int64)[np.searchsorted(edges, values, side="right")], _stability


def by_kind(values: Sequence[str]) -> Feature:
    """Return names as counts of each, compared by the Jensen-Shannon divergence."""
    import numpy as np

    kinds, places = np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)
    return np.eye(len(kinds), dtype=np.int64)[places], _jensen_shannon


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case; Chinese, Japanese and Korean characters one by one."""
    return _TOKEN.findall(text.lower())


def _some(texts: Sequence[str], most: int, rng: np.random.Generator) -> list[str]:
    if len(texts) <= most:
        return list(texts)
    return [texts[i] for i in sorted(rng.choice(len(texts), most, replace=False))]


def _meaning(reference: list[str], new: list[str], represent: Represent, rng: np.random.Generator) -> pd.DataFrame:
    import numpy as np

    reference, new = _some(reference, PLACED, rng), _some(new, PLACED, rng)
    vectors = represent(reference + new)
    counted = np.column_stack([vectors, np.ones(len(vectors))])
    return against_chance({"meaning": (counted, _apart)}, len(reference), len(new), rng)


def _features(reference: list[str], new: list[str]) -> tuple[dict[str, Feature], list[str]]:
    """Return name -> (counts per text, distance between rows of summed counts), and the words."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    both = reference + new
    counter = CountVectorizer(analyzer=tokens, dtype=np.int64)
    words = counter.fit_transform(both).tocsr()
    lengths = by_tenth(np.array([len(text) for text in both]), len(reference))
    characters = np.array([[len(kind.findall(text)) for kind in _CLASSES] for text in both], dtype=np.int64)
    found = {"words": (words, _jensen_shannon), "unseen words": (words, _unseen)}
    return found | {"lengths": lengths, "characters": (characters, _jensen_shannon)}, list(counter.get_feature_names_out())


def _sums(counts: np.ndarray, samples: list[np.ndarray]) -> np.ndarray:
    """Return the summed counts of each sample of texts: samples x features."""
    import numpy as np
    from scipy.sparse import csr_array

    columns = np.concatenate(samples)
    starts = np.concatenate(([0], np.cumsum([len(s) for s in samples])))
    chosen = csr_array((np.ones(len(columns), dtype=np.int64), columns, starts), shape=(len(samples), counts.shape[0]))
    total = chosen @ counts
    return total.toarray() if hasattr(total, "toarray") else np.asarray(total)


def _jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the divergence in bits between the rows of two count matrices."""
    from scipy.special import rel_entr

    p = first / first.sum(axis=1, keepdims=True).clip(1)
    q = second / second.sum(axis=1, keepdims=True).clip(1)
    middle = (p + q) / 2
    return (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=1) / (2 * math.log(2))


def _stability(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the population stability index between the rows; half a count keeps empty tenths finite."""
    import numpy as np

    p = (first + 0.5) / (first + 0.5).sum(axis=1, keepdims=True)
    q = (second + 0.5) / (second + 0.5).sum(axis=1, keepdims=True)
    return ((q - p) * np.log(q / p)).sum(axis=1)


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the distance between the mean vectors of samples; rows are sums of vectors, the last column their count."""
    import numpy as np

    return np.linalg.norm(first[:, :-1] / first[:, -1:] - second[:, :-1] / second[:, -1:], axis=1)


def _unseen(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the share of the second rows' words that the first rows lack."""
    return (second * (first == 0)).sum(axis=1) / second.sum(axis=1).clip(1)


def _moved(words: np.ndarray, vocabulary: list[str], reference: int) -> pd.DataFrame:
    """Return the twelve words whose share of texts moved most: word, before, now (shares of texts that hold it)."""
    import numpy as np
    import pandas as pd

    present = (words > 0).astype(np.float64)
    before = np.asarray(present[:reference].mean(axis=0)).ravel()
    now = np.asarray(present[reference:].mean(axis=0)).ravel()
    error = np.sqrt((before * (1 - before) + now * (1 - now) + 1e-4) / 2)
    top = np.argsort(-np.abs(now - before) / error)[:12]
    return pd.DataFrame({"word": [vocabulary[i] for i in top], "before": before[top], "now": now[top]})
