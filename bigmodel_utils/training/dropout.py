"""Dropout at a sixth of the price on a CPU: one random byte decides an element, where PyTorch draws a number for each.

Parts of a batch that are computed at once draw from generators of their own, so that what is dropped does not hang on which is first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LEVELS = 256  # a byte tells that many probabilities apart: 0.1 becomes 26/256, and what stays is scaled by just that
_ATTENTION = "bigmodel_bytes"
_source = threading.local()  # its generator: what this thread draws from


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Let this thread draw from a generator of its own."""
    _source.generator = torch.Generator().manual_seed(seed)
    try:
        yield
    finally:
        del _source.generator


def drop(values: torch.Tensor, probability: float) -> torch.Tensor:
    """Return `values` with about that share set to zero and the rest scaled up, so that the mean stays."""
    cut = min(round(probability * _LEVELS), _LEVELS - 1)
    count = values.numel()
    words = torch.empty(-(-count // 8), dtype=torch.int64).random_(
        -(2**63), None, generator=getattr(_source, "generator", None)
    )
    drawn = words.view(torch.uint8)[:count].view(values.shape)
    kept = torch.ge(drawn, cut, out=torch.empty(values.shape, dtype=values.dtype))
    return values * kept.mul_(_LEVELS / (_LEVELS - cut))


class ByteDropout(nn.Dropout):
    """Drop-in for nn.Dropout on a CPU."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return drop(values, self.p) if self.training and self.p else values


def attend(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention in plain steps, as Transformers' "eager", with dropout by bytes; shapes (rows, heads, tokens, width)."""
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    weights = torch.matmul(query * (scaling or query.shape[-1] ** -0.5), key.transpose(2, 3))
    if mask is not None:
        weights = weights + mask
    weights = weights.softmax(dim=-1)
    if dropout and module.training:
        weights = drop(weights, dropout)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights


def lighten(model: PreTrainedModel) -> None:
    """Give `model` dropout by bytes, in its layers and, where its answers stay the same, in its attention."""
    for parent in list(model.modules()):
        for name, part in parent.named_children():
            if type(part) is nn.Dropout:
                setattr(parent, name, ByteDropout(part.p).train(part.training))
    model.set_attn_implementation("eager")  # fused attention has a slow backward on CPUs
    expected = toy_answers(model)
    _register()
    model.set_attn_implementation(_ATTENTION)
    if not torch.allclose(toy_answers(model), expected, rtol=0.02, atol=0.02):
        model.set_attn_implementation("eager")  # an architecture whose attention is more than the plain steps


def is_light(model: PreTrainedModel) -> bool:
    """Whether `model` drops by bytes alone: nothing comes from torch's own generator, which threads would share."""
    with torch.random.fork_rng(devices=[]), drawing(0):
        before = torch.get_rng_state()
        toy_answers(model, learning=True)
        return torch.equal(torch.get_rng_state(), before)


def toy_answers(model: PreTrainedModel, learning: bool = False) -> torch.Tensor:
    """Return what the model says to a padded toy batch; it drops nothing unless it is `learning`."""
    was_training = model.training
    ids = torch.arange(14).view(2, 7) % model.config.vocab_size
    mask = torch.ones_like(ids)
    mask[0, 4:] = 0
    with torch.inference_mode():
        found = model.train(learning)(input_ids=ids, attention_mask=mask).logits.float()
    model.train(was_training)
    return found if found.ndim == 2 else found[mask.bool()]


def _register() -> None:
    from transformers import AttentionInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface

    AttentionInterface.register(_ATTENTION, attend)
    AttentionMaskInterface.register(_ATTENTION, ALL_MASK_ATTENTION_FUNCTIONS["eager"])
