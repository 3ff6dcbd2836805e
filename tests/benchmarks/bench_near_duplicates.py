"""Near-copies in both default markets with planted copies: ours against rensa and datasketch, at equal recall.

    python tests/benchmarks/bench_near_duplicates.py

Truth is exact: every pair of texts whose sets of 4-character shingles overlap by 0.8 (Jaccard), by sparse product.
A text counts as found when it is flagged as part of a pair. Times run from normalised texts to flags, one thread.
"""

from __future__ import annotations

import os

os.environ.setdefault("RAYON_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from bigmodel_utils.data import cleaning, near_duplicates, sources
from bigmodel_utils.scenario import load

THRESHOLD, PLANTED, REPEATS = near_duplicates.THRESHOLD, 1500, 3


def corpus(market: str) -> list[str]:
    """Return distinct normalised texts of a market plus 1,500 copies with one to six characters changed in each."""
    scenario = load("reviews_us_to_cn")
    frame = sources.read(getattr(scenario, market), scenario.seed).frame
    keys = list(dict.fromkeys(cleaning.key(str(text)) for text in frame["text"].dropna()))
    rng = np.random.default_rng(0)
    alphabet = sorted(set("".join(keys[:500])))
    long = [k for k in keys if len(k) >= 40]
    for base in rng.choice(long, PLANTED, replace=False):
        letters = list(base)
        for place in rng.integers(0, len(letters), rng.integers(1, 7)):
            letters[place] = str(rng.choice(alphabet))
        keys.append("".join(letters))
    return list(dict.fromkeys(keys))


def truth(keys: list[str]) -> np.ndarray:
    """Return the flag of every text by brute force: X Xᵀ of the text x shingle matrix."""
    from scipy.sparse import csr_array

    rows, columns, known = [], [], {}
    for row, key in enumerate(keys):
        for shingle in shingles(key):
            rows.append(row)
            columns.append(known.setdefault(shingle, len(known)))
    matrix = csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(keys), len(known)))
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    flags = np.zeros(len(keys), dtype=bool)
    transposed = matrix.T.tocsr()
    for start in range(0, len(keys), 500):
        shared = (matrix[start : start + 500] @ transposed).tocoo()
        union = sizes[start + shared.row] + sizes[shared.col] - shared.data
        close = (shared.data >= THRESHOLD * union) & (start + shared.row != shared.col)
        flags[start + shared.row[close]] = True
    return flags


def shingles(key: str) -> set[str]:
    size = near_duplicates.SHINGLE
    return {key[i : i + size] for i in range(max(1, len(key) - size + 1))}


def ours(keys: list[str]) -> np.ndarray:
    flags = np.zeros(len(keys), dtype=bool)
    flags[near_duplicates.pairs(keys)[0].ravel()] = True
    return flags


def rensa_full(keys: list[str]) -> np.ndarray:
    """R-MinHash over the full shingle sets, its batch calls, the banding that reaches the same recall."""
    from rensa import RMinHash, RMinHashLSH

    matrix = RMinHash.digest_matrix_from_token_sets([list(shingles(k)) for k in keys], 128, 42)
    return np.array(RMinHashLSH(THRESHOLD, 128, 32).query_duplicate_flags_matrix_one_shot(matrix))


def rensa_rho(keys: list[str]) -> np.ndarray:
    """Rensa's fastest: the sampling rho pipeline with its eight bands."""
    from rensa import RMinHash, RMinHashLSH

    matrix = RMinHash.digest_matrix_from_token_sets_rho([list(shingles(k)) for k in keys], 128, 42)
    return np.array(RMinHashLSH(THRESHOLD, 128, 8).query_duplicate_flags_matrix_one_shot(matrix))


def rensa_on_our_hashes(keys: list[str]) -> np.ndarray:
    """R-MinHash fed with our shingle hashes, so that no Python token is made."""
    from rensa import RMinHash, RMinHashLSH

    hashes, starts = near_duplicates._shingles(keys)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes.astype(np.uint64), starts.astype(np.uint64), 128, 42)
    return np.array(RMinHashLSH(THRESHOLD, 128, 32).query_duplicate_flags_matrix_one_shot(matrix))


def datasketch(keys: list[str]) -> np.ndarray:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=128, params=(32, 4))
    sketches = MinHash.bulk([[s.encode() for s in shingles(k)] for k in keys], num_perm=128)
    for number, sketch in enumerate(sketches):
        index.insert(number, sketch)
    return np.array([len(index.query(sketch)) > 1 for sketch in sketches])


def measure(method: Callable[[list[str]], np.ndarray], keys: list[str], repeats: int) -> tuple[float, np.ndarray]:
    """Return (best seconds, flags)."""
    best, flags = np.inf, np.empty(0)
    for _ in range(repeats):
        started = time.perf_counter()
        flags = method(keys)
        best = min(best, time.perf_counter() - started)
    return best, flags


def main() -> None:
    for market in ("target_market", "source_market"):
        keys = corpus(market)
        if market == "source_market":
            keys = keys[:6000] + keys[-PLANTED:]
        true = truth(keys)
        letters = sum(map(len, keys)) / len(keys)
        print(f"\n{market}: {len(keys)} texts, {letters:.0f} letters each, {true.sum()} in a pair at {THRESHOLD}")
        rows = []
        for method in (ours, rensa_full, rensa_rho, rensa_on_our_hashes, datasketch):
            try:
                seconds, flags = measure(method, keys, 1 if method is datasketch else REPEATS)
            except ImportError as missing:
                print(f"left out {method.__name__}: {missing}")
                continue
            recall, precision = (flags & true).sum() / true.sum(), (flags & true).sum() / max(1, flags.sum())
            rows.append((method.__name__, seconds, len(keys) / seconds, recall, precision))
        table = pd.DataFrame(rows, columns=["method", "seconds", "texts per second", "recall", "precision"])
        table["time / ours"] = table["seconds"] / table["seconds"].iloc[0]
        print(table.to_string(index=False, float_format=lambda x: f"{x:,.3f}"))


if __name__ == "__main__":
    main()
