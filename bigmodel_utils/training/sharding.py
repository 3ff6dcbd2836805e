"""Parameters shared out over the processes that train together (FSDP): each holds its part, and gathers a layer when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from bigmodel_utils.training.device import Device
from bigmodel_utils.training.trunk import layers

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Shards:
    """Stands where `precision.Image` stands, for a model that no process holds whole.

    Parameters, gradients and moments of the optimiser are parts of themselves; gathered layers compute in bfloat16 where the
    device pays for it. Gradients are summed over the processes while they are handed back to their holders.
    """

    def __init__(self, model: PreTrainedModel, device: Device) -> None:
        from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

        computed = torch.bfloat16 if device.bfloat16 else torch.float32
        precision = MixedPrecisionPolicy(param_dtype=computed, reduce_dtype=torch.float32)
        for part in (*layers(model), model):
            fully_shard(part, mp_policy=precision)
            part.set_gradient_divide_factor(1.0)
            part.set_force_sum_reduction_for_comms(True)  # gloo does not scale while it sums
        self.model = self.original = model

    def forget(self) -> None:
        """Drop the gradients."""
        self.model.zero_grad(set_to_none=True)

    def gradients(self, loss: torch.Tensor) -> Sequence[torch.Tensor]:
        """Leave the gradient of `loss` where its parameters are, and return nothing."""
        loss.backward()
        return ()

    def collect(self, gradients: Sequence[torch.Tensor]) -> None:
        """Nothing to do."""

    def refresh(self) -> None:
        """Nothing to do: the parameters that learn are those that compute."""

    def whole(self) -> dict[str, torch.Tensor]:
        """Return the gathered weights in the first process, nothing in the others; all of them must ask."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

        return get_model_state_dict(self.model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
