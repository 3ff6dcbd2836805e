"""The model's answer to many texts: logits in the texts' order."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.training.batches import Encoded, by_length
from bigmodel_utils.training.device import Device

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BATCH_TOKENS = {"cpu": 2048, "cuda": 65536}


def image(model: PreTrainedModel, device: Device) -> PreTrainedModel:
    """Return `model` as it computes fastest here: a copy in bfloat16, cast once, or the model itself; `model` stays as it is."""
    import torch

    return copy.deepcopy(model).to(torch.bfloat16) if device.bfloat16 else model


def logits(model: PreTrainedModel, encoded: Encoded, device: Device) -> np.ndarray:
    """Return float32 logits (texts, labels) of a model already on `device`, dropout off."""
    import torch

    was_training = model.training
    model.eval()
    answers = np.zeros((len(encoded.lengths), model.config.num_labels), dtype=np.float32)
    with torch.inference_mode():
        for rows in by_length(encoded.lengths, BATCH_TOKENS[device.kind]):
            ids, mask = device.move(*encoded.batch(rows))
            answers[rows] = model(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()
    model.train(was_training)
    return answers


def softmax(values: np.ndarray) -> np.ndarray:
    """Return probabilities (texts, labels) as float64 from logits."""
    shifted = np.exp(values.astype(np.float64) - values.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)
