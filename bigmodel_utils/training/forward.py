"""The model's answer to many texts: logits and what it sees in each, in the texts' order."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.training import cores
from bigmodel_utils.training.batches import BATCH_TOKENS, Encoded, by_length
from bigmodel_utils.training.device import Device
from bigmodel_utils.training.trunk import Held, Trunk

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def image(model: PreTrainedModel, device: Device) -> PreTrainedModel:
    """Return `model` as it computes fastest here: a copy in bfloat16, cast once, or the model itself; `model` stays as it is."""
    import torch

    if not device.bfloat16 or model.dtype == torch.bfloat16:
        return model
    cast = {id(weight): torch.nn.Parameter(weight.to(torch.bfloat16), weight.requires_grad) for weight in model.parameters()}
    return copy.deepcopy(model, cast).to(torch.bfloat16)  # what is cast already is not copied in float32 first


def quickest(model: PreTrainedModel, device: Device) -> PreTrainedModel:
    """Return the image of a model that will learn no more, on a CPU with its weights laid out for it."""
    from bigmodel_utils.training.packed import pack

    made = image(model, device)
    return pack(made.eval()) if device.kind == "cpu" and device.bfloat16 else made


def logits(model: PreTrainedModel, encoded: Encoded, device: Device) -> np.ndarray:
    """Return float32 logits (texts, labels) of a model already on `device`, dropout off."""
    return read(model, encoded, device)[0]


def read(
    model: PreTrainedModel, encoded: Encoded, device: Device, frozen: int = 0, vectors: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 logits (texts, labels) and, if asked for, the mean of each text's tokens in the last layer (texts, features).

    `frozen`: how many of the lowest layers other models share, whose output may be remembered (see `Trunk`).
    """
    was_training = model.training
    depth = min(frozen, model.config.num_hidden_layers - 1)  # one layer at least must run to show what it sees
    trunk = Trunk(model.eval(), depth, BATCH_TOKENS[device.kind])
    answers = np.zeros((len(encoded.lengths), model.config.num_labels), dtype=np.float32)
    seen = np.zeros((len(encoded.lengths), model.config.hidden_size if vectors else 0), dtype=np.float32)
    (held,) = trunk.hold(encoded)
    batches = by_length(encoded.lengths, trunk.tokens_at_once)
    try:
        for rows, found in zip(
            batches, cores.each(lambda rows: _batch(trunk, held, rows, vectors), batches, device.kind), strict=True
        ):
            answers[rows], seen[rows] = found
    finally:
        trunk.restore()
        model.train(was_training)
    return answers, seen


def _batch(trunk: Trunk, held: Held, rows: np.ndarray, vectors: bool) -> tuple[np.ndarray, np.ndarray]:
    import torch

    with torch.inference_mode():
        found = trunk.output(held, rows, output_hidden_states=vectors)
        answers = found.logits.float().cpu().numpy()
        if not vectors:
            return answers, np.zeros((len(rows), 0))
        hidden = found.hidden_states[-1].float()
        lengths = torch.from_numpy(held.encoded.lengths[rows]).to(hidden.device)[:, None]
        inside = torch.arange(hidden.shape[1], device=hidden.device) < lengths
        return answers, ((hidden * inside[..., None]).sum(dim=1) / lengths).cpu().numpy()
