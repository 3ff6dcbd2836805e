"""BERT as a server needs it: its weights laid out once for the matrix units, its texts end to end without padding.

Plain Transformers lays every weight out anew at each product, pads all texts of a batch to the longest, and takes longer to
import than this model takes to load. Only attention, where texts must not see each other, is computed in rows of one width.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.functional import embedding, layer_norm, linear, scaled_dot_product_attention

from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.training import cores
from bigmodel_utils.training.batches import Encoded
from bigmodel_utils.training.packed import laid_out, product

_TILE = 16  # tokens
_FEW = 4  # texts for a core: fewer are answered sooner by all cores together
Weights = tuple[torch.Tensor, torch.Tensor]  # a matrix or a scale, and what is added
_PARTS = {
    "out": "attention.output.dense",
    "first_norm": "attention.output.LayerNorm",
    "into": "intermediate.dense",
    "back": "output.dense",
    "last_norm": "output.LayerNorm",
}


def can_read(folder: Path) -> bool:
    """Whether the model of `folder` is a BERT classifier in bfloat16; others, and other formats, are left to Transformers."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = (config.get("architectures"), config.get("dtype"), config.get("hidden_act"))
    return kind == (["BertForSequenceClassification"], "bfloat16", "gelu") and (folder / folders.TORCH).is_file()


@dataclass(frozen=True)
class _Layer:
    seen: Weights  # query, key and value as one product
    out: Weights
    first_norm: Weights
    into: Weights
    back: Weights
    last_norm: Weights


class Encoder:
    """The classifier of a folder that `can_read`, on a CPU that computes in bfloat16."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._stored = load_file(folder / folders.TORCH)
        self._heads, self._tiny = config["num_attention_heads"], config["layer_norm_eps"]
        below = "bert.embeddings"
        self._words, places, kinds = (
            self._stored[f"{below}.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        self._places = places + kinds[0]
        self._norm = self._named(f"{below}.LayerNorm")
        self._layers = [self._layer(f"bert.encoder.layer.{number}") for number in range(config["num_hidden_layers"])]
        self._head = self._named("bert.pooler.dense"), self._named("classifier")
        del self._stored

    def _named(self, name: str) -> Weights:
        return self._stored[f"{name}.weight"], self._stored[f"{name}.bias"]

    def _layer(self, name: str) -> _Layer:
        seen = zip(*(self._named(f"{name}.attention.self.{part}") for part in ("query", "key", "value")), strict=True)
        parts = {"seen": tuple(map(torch.cat, seen))} | {
            part: self._named(f"{name}.{stored}") for part, stored in _PARTS.items()
        }
        return _Layer(**{part: own if "norm" in part else (laid_out(own[0]), own[1]) for part, own in parts.items()})

    def __call__(self, encoded: Encoded, rows: np.ndarray) -> np.ndarray:
        """Return float32 logits of the texts `rows`, (rows, labels): of many, each core answers a part without waiting for others."""
        count = cores.count()
        if len(rows) < _FEW * count:
            return self._answers(encoded, rows)
        parts = [np.arange(first, len(rows), count) for first in range(count)]  # rows of like length apart
        found = list(cores.each(lambda part: self._answers(encoded, rows[part]), parts))
        return np.concatenate(found)[np.argsort(np.concatenate(parts))]

    @torch.inference_mode()
    def _answers(self, encoded: Encoded, rows: np.ndarray) -> np.ndarray:
        grid = _Grid(encoded.lengths[rows])
        tokens = encoded.flat[encoded.starts[rows][grid.row] + grid.column]
        states = embedding(torch.from_numpy(tokens), self._words) + self._places[torch.from_numpy(grid.column)]
        states = self._normed(states, self._norm)
        for layer in self._layers:
            looked = self._looked(product(states, *layer.seen), grid)
            states = self._normed(product(looked, *layer.out).add_(states), layer.first_norm)
            states = self._normed(product(product(states, *layer.into, "gelu"), *layer.back).add_(states), layer.last_norm)
        pooler, classifier = self._head
        first = states[torch.from_numpy(grid.starts)]
        return linear(torch.tanh(linear(first, *pooler)), *classifier).float().numpy()

    def _looked(self, seen: torch.Tensor, grid: _Grid) -> torch.Tensor:
        """Return what each token takes from the tokens of its own text, (tokens, features). seen: (tokens, 3 features)."""
        wide = grid.spread(seen)
        query, key, value = wide.view(*grid.shape, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        found = scaled_dot_product_attention(query, key, value, attn_mask=grid.mask)
        return grid.gather(found.transpose(1, 2).reshape(len(wide), -1))

    def _normed(self, states: torch.Tensor, norm: Weights) -> torch.Tensor:
        return layer_norm(states, states.shape[-1:], *norm, self._tiny)


class _Grid:
    """Texts end to end, and in rows of one width: token i of the first is token `column[i]` of text `row[i]`.

    Their number is rounded up, by repeating the very first: of fewer shapes fewer kernels are prepared.
    """

    def __init__(self, lengths: np.ndarray) -> None:
        self.shape = count, width = len(lengths), int(lengths.max())
        self.starts = np.cumsum(lengths) - lengths
        total = int(lengths.sum())
        self.row, self.column = np.zeros((2, -(-total // _TILE) * _TILE), dtype=np.int64)
        self.row[:total] = np.repeat(np.arange(count), lengths)
        self.column[:total] = np.arange(total) - np.repeat(self.starts, lengths)
        self._cells, self._total = torch.from_numpy(self.row * width + self.column), total
        beyond = torch.from_numpy(np.arange(width) >= lengths[:, None])[:, None, None]
        self.mask = torch.zeros(beyond.shape, dtype=torch.bfloat16).masked_fill_(beyond, -torch.inf) if beyond.any() else None

    def spread(self, states: torch.Tensor) -> torch.Tensor:
        """Return `states` of tokens end to end in rows of one width."""
        count, width = self.shape
        wide = states.new_zeros(count * width, states.shape[1])
        return wide.index_copy_(0, self._cells[: self._total], states[: self._total])

    def gather(self, wide: torch.Tensor) -> torch.Tensor:
        """Return what `spread` has spread end to end again."""
        return wide.index_select(0, self._cells)
