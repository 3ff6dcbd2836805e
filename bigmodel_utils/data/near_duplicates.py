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
_CHARACTERS, _PAIRS = 4_000_000, 100_000  # handled at a time
_MIX = 0x9E3779B97F4A7C15  # 2^64 / golden ratio (Knuth, multiplicative hashing)


def pairs(keys: list[str], threshold: float = THRESHOLD) -> tuple[np.ndarray, np.ndarray]:
    """Return (pairs, similarity): int rows (i, j), i < j, of texts whose 4-character shingles overlap by `threshold`.

    keys: normalised texts (see cleaning.key). Similarity is the exact Jaccard of the shingle sets; the share of true
    pairs found is that of the banding (above 0.999 at 0.8). Texts in one bucket are compared with the bucket's first
    and with their neighbours, so that a bucket of n copies costs 2n comparisons and stays connected.
    """
    import numpy as np

    if len(keys) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    shingles, starts = _shingles(keys)
    signatures = _signatures(shingles, starts)
    candidates = _likely(_candidates(signatures), signatures, threshold)
    parts = [_jaccard(shingles, starts, candidates[n : n + _PAIRS]) for n in range(0, len(candidates), _PAIRS)]
    similarity = np.concatenate(parts) if parts else np.empty(0)
    close = similarity >= threshold
    return candidates[close], similarity[close]


def clusters(keys: list[str]) -> np.ndarray:
    """Return one cluster number per text; near-copies, and near-copies of near-copies, share it."""
    return connected(pairs(keys)[0], len(keys))


def connected(edges: np.ndarray, count: int) -> np.ndarray:
    """Return the component number of each of `count` items joined by `edges` (int, n x 2)."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _shingles(keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (hashes, starts): the shingle hashes (uint32, repeats kept) of text i at starts[i]:starts[i + 1]."""
    import numpy as np

    sizes = np.fromiter((len(k) for k in keys), dtype=np.int64, count=len(keys))
    counts = np.where(sizes > 0, np.maximum(sizes - SHINGLE + 1, 1), 0)
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    parts, first = [], 0
    while first < len(keys):  # chunks keep the memory flat
        last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _CHARACTERS)))
        parts.append(_hashed(keys[first:last], sizes[first:last], counts[first:last]))
        first = last
    return np.concatenate(parts), np.concatenate(([0], np.cumsum(counts)))


def _hashed(keys: list[str], sizes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the hash of every shingle; zeros after each text keep shingles inside it and fill up short texts."""
    import numpy as np

    gap = "\0" * (SHINGLE - 1)
    joined = gap.join([*keys, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    windows = len(codes) - SHINGLE + 1
    mixed = np.zeros(windows, dtype=np.uint64)
    for offset in range(SHINGLE):
        mixed += codes[offset : offset + windows] * np.uint64(_MIX ** (2 * offset + 1) % 2**64)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(_MIX)
    room = sizes + SHINGLE - 1
    offset_in_text = np.arange(int(room.sum())) - np.repeat(np.cumsum(room) - room, room)
    inside = offset_in_text < np.repeat(counts, room)
    return (mixed[inside[:windows]] >> np.uint64(32)).astype(np.uint32)


def _signatures(shingles: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the MinHash signatures, uint32, BANDS * ROWS x texts. One hash is one odd factor, modulo 2^32."""
    import numpy as np

    factors = np.random.default_rng(0x5EED).integers(0, 2**31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    sizes = np.diff(starts)
    signatures = np.full((BANDS * ROWS, len(sizes)), np.iinfo(np.uint32).max, dtype=np.uint32)
    for members, width in _buckets(sizes):
        # The index repeats a text's last shingle to even the widths: a minimum does not mind.
        block = shingles[starts[members] + np.minimum(np.arange(width)[:, None], sizes[members] - 1)]
        hashed = np.empty_like(block)
        for row, factor in enumerate(factors):
            np.multiply(block, factor, out=hashed)
            signatures[row, members] = hashed.min(axis=0)
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
            digest = (digest ^ row) * np.uint64(_MIX)
            digest ^= digest >> np.uint64(31)
        order = np.argsort(digest)
        same = digest[order][1:] == digest[order][:-1]
        start = np.maximum.accumulate(np.where(np.concatenate(([True], ~same)), np.arange(len(order)), 0))
        later = np.flatnonzero(same) + 1
        found.append(np.stack((order[later - 1], order[later]), axis=1))
        found.append(np.stack((order[start[later]], order[later]), axis=1))
    edges = np.concatenate(found)
    edges.sort(axis=1)
    count = signatures.shape[1]
    unique = _distinct(edges[:, 0].astype(np.int64) * count + edges[:, 1])
    return np.stack((unique // count, unique % count), axis=1)


def _likely(candidates: np.ndarray, signatures: np.ndarray, threshold: float) -> np.ndarray:
    """Return the candidates whose signatures agree within five standard errors of `threshold`: the rest need no proof."""
    import numpy as np

    agreement = np.concatenate(
        [
            (signatures[:, part[:, 0]] == signatures[:, part[:, 1]]).mean(axis=0)
            for part in (candidates[n : n + _PAIRS] for n in range(0, len(candidates), _PAIRS))
        ]
        or [np.empty(0)]
    )
    return candidates[agreement >= threshold - 5 * np.sqrt(threshold * (1 - threshold) / (BANDS * ROWS))]


def _jaccard(shingles: np.ndarray, starts: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the exact Jaccard similarity of each candidate pair, all pairs at once by sorting."""
    import numpy as np

    sides = []
    for texts in candidates.T:
        counts = starts[texts + 1] - starts[texts]
        at = np.arange(counts.sum()) + np.repeat(starts[texts] - (np.cumsum(counts) - counts), counts)
        owner = np.repeat(np.arange(len(texts), dtype=np.uint64), counts)
        sides.append(_distinct(owner << np.uint64(32) | shingles[at]))
    union = np.concatenate(sides)
    union.sort()
    shared = np.bincount((union[1:][union[1:] == union[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(candidates))
    total = np.bincount((union >> np.uint64(32)).astype(np.int64), minlength=len(candidates))
    return shared / np.maximum(total - shared, 1)


def _distinct(values: np.ndarray) -> np.ndarray:
    """Return the sorted distinct values. (numpy.unique hashes, which is several times slower here.)"""
    import numpy as np

    values.sort()
    return values[np.concatenate(([True], values[1:] != values[:-1]))] if len(values) else values
