"""Texts as token ids, tokenised once, cut into batches of like length so that little is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

BATCH_TOKENS = {"cpu": 1024, "cuda": 65536}  # computed at once, on a CPU by each core, where nothing is learned
_POOL = 64  # batches' worth of rows that are sorted together: long enough to save padding, short enough to stay random
_TILE = 8  # tokens: matrix units work in tiles of this width


@dataclass(frozen=True)
class Encoded:
    """Token ids of many texts, one after the other: text i is `flat[starts[i]:starts[i + 1]]`."""

    flat: np.ndarray
    starts: np.ndarray
    pad: int
    limit: int

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, shape (texts,)."""
        return np.diff(self.starts)

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return input ids and attention mask of `rows`, each (rows, width), as tensors; see `padded`."""
        import torch

        ids, mask = self.padded(rows)
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return input ids and attention mask of `rows`, each int64 (rows, width), padded on the right.

        The width is the longest text rounded up to a multiple of 8, within the limit: matrix units work in such tiles,
        and fewer distinct shapes keep fewer prepared kernels in memory (a third faster and 0.1 GB less on a CPU with AMX).
        """
        lengths = self.lengths[rows]
        width = min(-(-lengths.max() // _TILE) * _TILE, self.limit)
        mask = np.arange(width) < lengths[:, None]
        ids = np.full(mask.shape, self.pad, dtype=np.int64)
        ids[mask] = np.concatenate([self.flat[self.starts[row] : self.starts[row + 1]] for row in rows])
        return ids, mask.astype(np.int64)


def from_ids(ids: Sequence[Sequence[int]], pad: int, limit: int) -> Encoded:
    """Return texts that are token ids already, each at most `limit` of them."""
    starts = np.concatenate([[0], np.cumsum([len(row) for row in ids], dtype=np.int64)]).astype(np.int64)
    flat = np.fromiter((token for row in ids for token in row), dtype=np.int64, count=int(starts[-1]))
    return Encoded(flat, starts, pad, limit)


def encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_tokens: int) -> Encoded:
    """Return `texts` as token ids, each cut to `max_tokens` with its end marker kept."""
    ids = (
        tokenizer(list(texts), truncation=True, max_length=max_tokens, return_attention_mask=False)["input_ids"]
        if len(texts)
        else []
    )
    return from_ids(ids, tokenizer.pad_token_id, max_tokens)


def shuffled(lengths: np.ndarray, size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Return every row once, in batches of `size` (the last may be smaller) of like length, in random order.

    The order depends on `seed` and `epoch` alone, so that a resumed run sees the same batches.
    """
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(len(lengths))
    pools = np.split(order, range(_POOL * size, len(order), _POOL * size))
    ordered = np.concatenate([pool[np.argsort(lengths[pool], kind="stable")] for pool in pools])
    batches = np.split(ordered, range(size, len(ordered), size))
    return [batches[i] for i in rng.permutation(len(batches))]


def by_length(lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    """Return every row once, shortest first, in batches of at most `tokens` padded tokens (one row at least)."""
    batches: list[np.ndarray] = []
    order = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or (end + 1 - start) * lengths[order[end]] > tokens:
            batches.append(order[start:end])
            start = end
    return batches
