"""The model that computes: in bfloat16 beside its float32 original where the device pays for it, else the original itself."""

from __future__ import annotations

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
        pairs = zip(original.parameters(), self.model.parameters(), strict=True)
        self._pairs = [(one, other) for one, other in pairs if one is not other and one.requires_grad]

    @torch.no_grad()
    def collect(self) -> None:
        """Add the gradients of the image to those of the original, in float32."""
        for original, computed in self._pairs:
            if computed.grad is None:
                continue
            if original.grad is None:
                original.grad = computed.grad.float()
            else:
                original.grad.add_(computed.grad)
            computed.grad = None

    def forget(self) -> None:
        """Drop the gradients of both."""
        for model in (self.original, self.model):
            model.zero_grad(set_to_none=True)

    @torch.no_grad()
    def refresh(self) -> None:
        """Bring the weights that learn from the original to the image."""
        if self._pairs:
            originals, images = zip(*self._pairs, strict=True)
            torch._foreach_copy_(images, originals)
