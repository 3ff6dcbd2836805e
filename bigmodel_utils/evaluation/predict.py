"""A trained folder answers texts: probabilities in the texts' own order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.training.batches import by_length, encode
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.forward import BATCH_TOKENS, image, logits, softmax
from bigmodel_utils.training.pretrained import silence

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class PredictionError(BigModelError):
    """A folder or texts that cannot be predicted from."""


class Classifier:
    """A model folder in memory on a device; `labels` are its classes in the order of the probabilities.

    `model` holds the weights as they were saved; `quick` is what answers, in the number format that pays on the device.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: Device) -> None:
        self.model, self.tokenizer, self.device = model.to(device.kind).eval(), tokenizer, device
        self.quick = image(self.model, device)
        self.labels = [model.config.id2label[i] for i in range(model.config.num_labels)]

    @classmethod
    def load(cls, folder: Path) -> Classifier:
        """Return the classifier of `folder`; raises PredictionError when there is none, DeviceError without the device."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        if not (folder / "config.json").is_file():
            raise PredictionError(
                f"{paths.shown(folder)} as a model", "a folder that training wrote", "notebooks/02_train_model.ipynb"
            )
        silence()
        model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True)
        return cls(model, AutoTokenizer.from_pretrained(folder), choose())

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 logits, shape (texts, labels)."""
        encoded = encode(self.tokenizer, texts, self.tokenizer.model_max_length)
        return logits(self.quick, encoded, self.device)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return float64 probabilities, shape (texts, labels), rows summing to one."""
        return softmax(self.logits(texts))

    def representations(self, texts: Sequence[str]) -> np.ndarray:
        """Return the mean vector of each text's tokens in the last layer, float32, shape (texts, features)."""
        import torch

        encoded = encode(self.tokenizer, texts, self.tokenizer.model_max_length)
        vectors = np.zeros((len(texts), self.model.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for rows in by_length(encoded.lengths, BATCH_TOKENS[self.device.kind]):
                ids, mask = self.device.move(*encoded.batch(rows))
                hidden = self.quick.base_model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
                kept = mask[..., None]
                vectors[rows] = ((hidden * kept).sum(dim=1) / kept.sum(dim=1)).cpu().numpy()
        return vectors
