"""The model that computes: in bfloat16 beside its float32 original where the device pays for it, else the original itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from bigmodel_utils.training.device import Device
from bigmodel_utils.training.forward import image

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Image:
    """`model` computes, `original` keeps every weight in float32; optimisers and files only ever see the original.

    Weights are cast once per step, and frozen ones once in all, where autocast casts each of them at every use.
    """

    def __init__(self, original: PreTrainedModel, device: Device) -> None:
        self.original = original
        self.model = image(original, device)
        pairs = list(zip(original.parameters(), self.model.parameters(), strict=True))
        self._learning = [(one, other) for one, other in pairs if one.requires_grad]
        self._copied = [(one, other) for one, other in self._learning if one is not other]

    def gradients(self, loss: torch.Tensor) -> Sequence[torch.Tensor | None]:
        """Return the gradient of `loss` by each weight of the image that learns; None where it has no part in it."""
        return torch.autograd.grad(loss, [weight for _, weight in self._learning], allow_unused=True)

    def collect(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Add `gradients` to those of the original, in float32."""
        for (original, _), gradient in zip(self._learning, gradients, strict=True):
            if gradient is None:
                continue
            if original.grad is None:
                original.grad = gradient.float()
            else:
                original.grad.add_(gradient)

    def forget(self) -> None:
        """Drop the gradients."""
        self.original.zero_grad(set_to_none=True)

    @torch.no_grad()
    def refresh(self) -> None:
        """Bring the weights that learn from the original to the image."""
        if self._copied:
            originals, images = zip(*self._copied, strict=True)
            torch._foreach_copy_(images, originals)
