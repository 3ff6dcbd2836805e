"""Which weights learn: all above the frozen part, or only low-rank additions to them; and how much is dropped meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.choices import Training
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.training.trunk import embeddings, layers

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_SCALE = 2  # alpha over rank: how much the additions count, the usual choice


class TrainingError(BigModelError):
    """A training that cannot go on, or data that cannot be trained on."""


class Adapters:
    """Low-rank additions (Hu et al. 2021) to every linear map of the layers that are not frozen; the head learns whole."""

    def __init__(self, model: PreTrainedModel, settings: Training) -> None:
        from peft import LoraConfig
        from peft.tuners.lora import LoraModel
        from transformers.pytorch_utils import Conv1D

        if settings.train_embeddings:
            raise TrainingError(
                "adapter_rank with train_embeddings", "one of the two: with adapters the embeddings stay", "the scenario"
            )
        targets = _targets(model, settings.frozen_layers)
        if not targets:
            raise TrainingError(
                f"adapter_rank = {settings.adapter_rank} with every layer frozen, or none that it fits",
                "a model with linear layers that are not frozen",
                "adapter_rank or frozen_layers of the scenario",
            )
        inside = {id(parameter) for parameter in model.base_model.parameters()}
        head = [parameter for parameter in model.parameters() if id(parameter) not in inside]
        rank = settings.adapter_rank
        turned = any(isinstance(part, Conv1D) for part in model.modules())  # GPT-2 keeps its matrices the other way round
        config = LoraConfig(r=rank, lora_alpha=_SCALE * rank, target_modules=targets, fan_in_fan_out=turned)
        self._lora = LoraModel(model, {"default": config}, "default")
        for parameter in head:
            parameter.requires_grad_(True)

    def merged(self) -> PreTrainedModel:
        """Return the model with the additions worked into its weights: a plain model again."""
        return self._lora.merge_and_unload()


def _targets(model: PreTrainedModel, frozen: int) -> list[str]:
    """Return the full names of the linear maps in the layers above the frozen ones."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    own = {id(part) for layer in layers(model)[frozen:] for part in layer.modules() if isinstance(part, Linear | Conv1D)}
    return [name for name, part in model.named_modules() if id(part) in own]


def set_dropout(model: PreTrainedModel, share: float) -> None:
    """Drop `share` wherever the model drops anything while it learns."""
    from torch.nn import Dropout

    for part in model.modules():
        if isinstance(part, Dropout):
            part.p = share
        if isinstance(getattr(part, "attention_dropout", None), float):
            part.attention_dropout = share


def frozen_depth(*settings: Training) -> int:
    """Return how many of a model's lowest layers, and the embeddings below them, stay as they were through all these trainings."""
    return min(0 if each.train_embeddings else each.frozen_layers for each in settings)


def trained(model: PreTrainedModel, settings: Training) -> dict[str, torch.nn.Parameter]:
    """Return the parameters that learn: all but the lowest `frozen_layers` and, unless asked for, the embeddings.

    Embeddings are most of a multilingual model and gain nothing from a few thousand texts.
    """
    if not settings.train_embeddings:
        embeddings(model).requires_grad_(False)
    stack = layers(model)
    if settings.frozen_layers > len(stack):
        raise TrainingError(
            f"frozen_layers = {settings.frozen_layers}",
            f"at most {len(stack)}, the model's layers",
            "frozen_layers of the scenario",
        )
    stack[: settings.frozen_layers].requires_grad_(False)
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
