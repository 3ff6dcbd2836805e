"""A bfloat16 model that answers faster on a CPU: weights laid out once as matrix units want them, neighbouring steps in one.

These operators are what torch's own compiler reaches for; they need no compiler at run time. A torch that lacks them, or a model
that would answer otherwise, is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn

from bigmodel_utils.training.dropout import toy_answers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Forward = Callable[..., torch.Tensor]
_ALIKE = 0.1  # of the largest logit: sums rounded in another order differ by less, another computation by more


def pack(model: PreTrainedModel) -> PreTrainedModel:
    """Return `model`, whose weights must not change from here on, with the forward of its linear maps replaced."""
    changed: list[nn.Module] = []
    try:
        expected = toy_answers(model)
        for part in model.modules():
            if quicker := _quicker(part):
                part.forward = quicker
                changed.append(part)
        alike = torch.allclose(toy_answers(model), expected, rtol=0, atol=_ALIKE * float(expected.abs().max()))
    except (AttributeError, RuntimeError, TypeError):  # these operators are not there, or take something else
        alike = False
    if not alike:
        for part in changed:
            del part.forward
    return model


def _quicker(part: nn.Module) -> Forward | None:
    """Return a forward for a linear map, for one that a GELU follows, or for one whose sum with its input is normed."""
    from transformers.activations import GELUActivation

    if isinstance(part, nn.Linear):
        return _linear(part)
    dense = getattr(part, "dense", None)
    if not isinstance(dense, nn.Linear):
        return None
    if isinstance(getattr(part, "intermediate_act_fn", None), GELUActivation):
        return _linear(dense, "gelu")
    if isinstance(norm := getattr(part, "LayerNorm", None), nn.LayerNorm):
        return partial(_summed, laid_out(dense.weight.detach()), dense.bias, norm)
    return None


def _linear(part: nn.Linear, then: str = "none") -> Forward:
    weight, bias = laid_out(part.weight.detach()), part.bias
    return lambda values: product(values, weight, bias, then)


def _summed(
    weight: torch.Tensor, bias: torch.Tensor | None, norm: nn.LayerNorm, values: torch.Tensor, beside: torch.Tensor
) -> torch.Tensor:
    return norm(torch.ops.mkldnn._linear_pointwise.binary(values, beside, weight, bias, "add"))


def laid_out(weight: torch.Tensor) -> torch.Tensor:
    """Return a product's weight in the order in which the matrix units of this processor read it (oneDNN)."""
    return torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())


def product(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, then: str = "none") -> torch.Tensor:
    """Return `values` times a weight that was laid out, plus its bias; `then`: none or gelu."""
    return torch.ops.mkldnn._linear_pointwise(values, weight, bias, then, [], "none")
