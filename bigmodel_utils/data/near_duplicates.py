"""Near-copies by MinHash and banding on numpy, every candidate then verified by its exact Jaccard similarity.

Broder 1997 (shingles and min-wise hashing); Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, ch. 3 (banding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SHINGLE = 4  # characters
THRESHOLD = 0.8
BANDS, ROWS = 16, 4  # a pair at 0.8 meets in some band with probability 1 - (1 - 0.8^4)^16 = 0.9998
_CHUNK_CHARACTERS = 4_000_000


def pairs(keys: list[str], threshold: float = THRESHOLD) -> tuple[np.ndarray, np.ndarray]:
    """Return (pairs, similarity): int rows (i, j), i < j, of texts whose 4-character shingles overlap by `threshold`.

    keys: normalised texts (see cleaning.key). Similarity is exact Jaccard of the shingle sets; the share of true pairs
    found is that of the banding (above 0.999 at 0.8). Texts in one bucket are compared with the bucket's first and
    with their neighbours, so that a bucket of n copies costs n comparisons and stays connected.
    """
    import numpy as np

    if len(keys) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    shingles, starts = _shingles(keys)
    candidates = _candidates(_signatures(shingles, starts))
    similarity = _jaccard(shingles, starts, candidates)
    close = similarity >= threshold
    return candidates[close], similarity[close]


def clusters(keys: list[str], threshold: float = THRESHOLD) -> np.ndarray:
    """Return one cluster number per text; near-copies, and near-copies of near-copies, share it."""
    return connected(pairs(keys, threshold)[0], len(keys))


def connected(edges: np.ndarray, count: int) -> np.ndarray:
    """Return the component number of each of `count` items joined by `edges` (int, n x 2)."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _shingles(keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (hashes, starts): the distinct shingle hashes (uint32) of each text, sorted, at starts[i]:starts[i + 1]."""
    import numpy as np

    sizes = np.fromiter((len(k) for k in keys), dtype=np.int64, count=len(keys))
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    parts, counts, first = [], [], 0
    while first < len(keys):  # chunks keep the memory flat
        last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _CHUNK_CHARACTERS)))
        hashes, owners = _hashed("".join(keys[first:last]), sizes[first:last])
        both = np.unique((owners << np.uint64(32)) | hashes)
        parts.append(both.astype(np.uint32))
        counts.append(np.bincount((both >> np.uint64(32)).astype(np.int64), minlength=last - first))
        first = last
    return np.concatenate(parts), np.concatenate(([0], np.cumsum(np.concatenate(counts))))


def _hashed(joined: str, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (hash, text number) of every shingle; a text shorter than SHINGLE is one shingle."""
    import numpy as np

    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    padded = np.concatenate((codes, np.zeros(SHINGLE - 1, dtype=np.uint64)))
    padded_owners = np.concatenate((owners, np.full(SHINGLE - 1, np.iinfo(np.uint64).max)))
    mixed = np.zeros(len(codes), dtype=np.uint64)
    for offset in range(SHINGLE):
        inside = padded_owners[offset : offset + len(codes)] == owners
        mixed = (mixed ^ (padded[offset : offset + len(codes)] * inside)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    position = np.arange(len(codes)) - np.repeat(np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    whole = (position + SHINGLE <= np.repeat(sizes, sizes)) | (position == 0)
    return (mixed[whole] >> np.uint64(32)), owners[whole]


def _signatures(shingles: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the MinHash signatures, uint32, BANDS * ROWS x texts."""
    import numpy as np

    rng = np.random.default_rng(0x5EED)
    factors = rng.integers(0, 2**31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    shifts = rng.integers(0, 2**32, BANDS * ROWS, dtype=np.uint32)
    sizes = np.diff(starts)
    signatures = np.full((BANDS * ROWS, len(sizes)), np.iinfo(np.uint32).max, dtype=np.uint32)
    for members, width in _buckets(sizes):
        # The index repeats a text's last shingle to even the widths: a minimum does not mind.
        index = starts[members] + np.minimum(np.arange(width)[:, None], sizes[members] - 1)
        block = shingles[index]
        for row, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
            signatures[row, members] = ((block * factor) ^ shift).min(axis=0)
    return signatures


def _buckets(sizes: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Return (texts, width) blocks of similar shingle counts, small enough for the processor's cache."""
    import numpy as np

    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    blocks, first = [], 0
    while first < len(order):
        smallest = int(sizes[order[first]])
        widest = int(smallest * 1.15) + 1
        last = int(np.searchsorted(sizes[order], widest, side="right"))
        last = min(last, first + max(1, 65_536 // widest))
        members = order[first:last]
        blocks.append((members, int(sizes[members[-1]])))
        first = last
    return blocks


def _candidates(signatures: np.ndarray) -> np.ndarray:
    """Return the pairs (i < j) that meet in at least one band."""
    import numpy as np

    found = []
    for band in range(BANDS):
        rows = signatures[band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        digest = rows[0]
        for row in rows[1:]:
            digest = (digest ^ row) * np.uint64(0x9E3779B97F4A7C15)
            digest ^= digest >> np.uint64(31)
        order = np.argsort(digest, kind="stable")
        same = digest[order][1:] == digest[order][:-1]
        start = np.maximum.accumulate(np.where(np.concatenate(([True], ~same)), np.arange(len(order)), 0))
        later = np.flatnonzero(same) + 1
        found.append(np.stack((order[later - 1], order[later]), axis=1))
        found.append(np.stack((order[start[later]], order[later]), axis=1))
    edges = np.concatenate(found)
    edges.sort(axis=1)
    count = signatures.shape[1]
    unique = np.unique(edges[:, 0].astype(np.int64) * count + edges[:, 1])
    return np.stack((unique // count, unique % count), axis=1)


def _jaccard(shingles: np.ndarray, starts: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the exact Jaccard similarity of each candidate pair."""
    import numpy as np

    similarity = np.empty(len(candidates))
    for n, (i, j) in enumerate(candidates):
        a, b = shingles[starts[i] : starts[i + 1]], shingles[starts[j] : starts[j + 1]]
        low, high = sorted((len(a), len(b)))
        if low < 0.5 * high:
            similarity[n] = low / high
            continue
        both = len(np.intersect1d(a, b, assume_unique=True))
        similarity[n] = both / (len(a) + len(b) - both)
    return similarity
