"""A served folder in memory, ready to answer: plain Transformers or ONNX Runtime, told by the file it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.training.batches import by_length, encode
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.forward import BATCH_TOKENS, softmax
from bigmodel_utils.training.pretrained import silence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Forward = Callable[[np.ndarray, np.ndarray], np.ndarray]  # token ids and attention mask (rows, width) -> logits


@dataclass(frozen=True)
class Runtime:
    """A model that answers; `labels` are its classes in the order of the probabilities, `device` where it computes."""

    labels: list[str]
    tokenizer: PreTrainedTokenizerBase
    device: Device
    forward: Forward

    @classmethod
    def load(cls, folder: Path) -> Runtime:
        """Return the model of a served folder; raises ServedFolderError for a damaged one, DeviceError without the device."""
        from transformers import AutoConfig, AutoTokenizer

        folders.verify(folder)
        silence()
        config, device = AutoConfig.from_pretrained(folder), choose()
        onnx = folders.holds_onnx(folder)
        if onnx:
            device = Device("cpu", False, device.name if device.kind == "cpu" else "CPU")
        forward = _onnx(folder) if onnx else _torch(folder, device)
        labels = [config.id2label[index] for index in range(config.num_labels)]
        return cls(labels, AutoTokenizer.from_pretrained(folder), device, forward)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 logits, shape (texts, labels); texts are cut to the model's length and batched by length."""
        encoded = encode(self.tokenizer, texts, self.tokenizer.model_max_length)
        answers = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        for rows in by_length(encoded.lengths, BATCH_TOKENS[self.device.kind]):
            ids, mask = encoded.batch(rows)
            answers[rows] = self.forward(ids.numpy(), mask.numpy())
        return answers

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return float64 probabilities, shape (texts, labels), rows summing to one."""
        return softmax(self.logits(texts))


def _torch(folder: Path, device: Device) -> Forward:
    """The number format of the stored weights is the one computed in."""
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True, dtype="auto")
    model = model.to(device.kind).eval()

    def forward(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        given = device.move(torch.from_numpy(ids), torch.from_numpy(mask))
        with torch.inference_mode():
            return model(input_ids=given[0], attention_mask=given[1]).logits.float().cpu().numpy()

    return forward


def _onnx(folder: Path) -> Forward:
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # idle threads must not take a core from the server
    session = onnxruntime.InferenceSession(folder / folders.ONNX, options, providers=["CPUExecutionProvider"])

    def forward(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]

    def one_by_one(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        whole = [(row[kept > 0][None], kept[kept > 0][None]) for row, kept in zip(ids, mask, strict=True)]
        return np.concatenate([forward(*text) for text in whole])

    return one_by_one if folders.ALONE in session.get_modelmeta().custom_metadata_map else forward
