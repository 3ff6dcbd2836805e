"""A trained folder answers texts: probabilities in the texts' own order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation import metrics
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.forward import quickest, read
from bigmodel_utils.training.pretrained import load_tokenizer, silence

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class PredictionError(BigModelError):
    """A folder or texts that cannot be predicted from."""


class Classifier:
    """A model folder in memory on a device; `labels` are its classes in the order of the probabilities.

    `model` is what answers, in the number format that pays on the device unless it was loaded `exact`. `frozen`: how many
    of its lowest layers it shares with models that read the same texts, which is then done once.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: Device, frozen: int = 0, exact: bool = False
    ) -> None:
        self.model = (model if exact else quickest(model, device)).to(device.kind).eval()
        self.tokenizer, self.device, self.frozen = tokenizer, device, frozen
        self.labels = [model.config.id2label[i] for i in range(model.config.num_labels)]

    @classmethod
    def load(cls, folder: Path, frozen: int = 0, exact: bool = False) -> Classifier:
        """Return the classifier of `folder`, ready to answer; `exact`: in float32, for those who differentiate it.

        Raises PredictionError when there is none, DeviceError without the device.
        """
        from transformers import AutoModelForSequenceClassification

        if not (folder / "config.json").is_file():
            raise PredictionError(
                f"{paths.shown(folder)} as a model", "a folder that training wrote", "notebooks/02_train_model.ipynb"
            )
        silence()
        device = choose()
        kind = "bfloat16" if device.bfloat16 and not exact else "float32"
        model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True, dtype=kind)
        return cls(model.requires_grad_(False), load_tokenizer(folder), device, frozen, exact)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 logits, shape (texts, labels)."""
        return self._read(texts)[0]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return float64 probabilities, shape (texts, labels), rows summing to one."""
        return metrics.softmax(self.logits(texts))

    def representations(self, texts: Sequence[str]) -> np.ndarray:
        """Return the mean vector of each text's tokens in the last layer, float32, shape (texts, features)."""
        return self._read(texts, vectors=True)[1]

    def read(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and representations of texts that are read once for both."""
        answers, seen = self._read(texts, vectors=True)
        return metrics.softmax(answers), seen

    def _read(self, texts: Sequence[str], vectors: bool = False) -> tuple[np.ndarray, np.ndarray]:
        encoded = encode(self.tokenizer, texts, self.tokenizer.model_max_length)
        return read(self.model, encoded, self.device, self.frozen, vectors)
