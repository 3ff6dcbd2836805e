"""A served folder in memory, ready to answer: by ONNX Runtime, the `encoder` or plain Transformers, told by what it holds.

An ONNX folder is read without torch, one for the encoder without Transformers: importing them takes longer than loading it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.evaluation import metrics
from bigmodel_utils.training.batches import BATCH_TOKENS, Encoded, by_length, from_ids

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from bigmodel_utils.training.device import Device

Forward = Callable[[Encoded, np.ndarray], np.ndarray]  # texts, which of them -> logits
_UNNAMED = {"0": "LABEL_0", "1": "LABEL_1"}  # of a configuration that names no labels, as Transformers reads it
_ENDLESS = 10**9  # tokens: tokenizers without a limit state a number beyond


@dataclass(frozen=True)
class Runtime:
    """A model that answers; `labels` are its classes in the order of the probabilities.

    `tokenizer` cuts texts off at `limit` tokens; `together` is how many padded tokens are computed at once.
    """

    labels: list[str]
    tokenizer: Tokenizer
    pad: int
    limit: int
    together: int
    forward: Forward

    @classmethod
    def load(cls, folder: Path) -> Runtime:
        """Return the model of a served folder; raises ServedFolderError for a damaged one, DeviceError without the device."""
        folders.verify(folder)
        config, about = (_json(folder / name) for name in ("config.json", "tokenizer_config.json"))
        names = config.get("id2label") or _UNNAMED
        tokenizer, limit = _tokenizer(folder), about.get("model_max_length") or _ENDLESS
        limit = min(limit, config.get("max_position_embeddings") or _ENDLESS)
        tokenizer.enable_truncation(limit)
        tokenizer.no_padding()
        forward, together = (_onnx(folder), BATCH_TOKENS["cpu"]) if folders.holds_onnx(folder) else _torch(folder)
        labels = [names[str(index)] for index in range(len(names))]
        return cls(labels, tokenizer, config.get("pad_token_id") or 0, limit, together, forward)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 logits, shape (texts, labels); texts are cut to the model's length and batched by length."""
        encoded = from_ids([text.ids for text in self.tokenizer.encode_batch_fast(list(texts))], self.pad, self.limit)
        answers = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        for rows in by_length(encoded.lengths, self.together):
            answers[rows] = self.forward(encoded, rows)
        return answers

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return float64 probabilities, shape (texts, labels), rows summing to one."""
        return metrics.softmax(self.logits(texts))


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _tokenizer(folder: Path) -> Tokenizer:
    """Older folders keep their vocabulary in other files, which Transformers turns into the same."""
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder).backend_tokenizer


def _torch(folder: Path) -> tuple[Forward, int]:
    """Return the model and the padded tokens it takes at once; the number format of the stored weights is computed in."""
    from bigmodel_utils.deployment import encoder
    from bigmodel_utils.training.device import choose

    device = choose()
    quick = device.kind == "cpu" and device.bfloat16 and encoder.can_read(folder)
    return encoder.Encoder(folder) if quick else _transformers(folder, device), BATCH_TOKENS[device.kind]


def _transformers(folder: Path, device: Device) -> Forward:
    import torch
    from transformers import AutoModelForSequenceClassification

    from bigmodel_utils.training.pretrained import silence

    silence()
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True, dtype="auto")
    model = model.to(device.kind).eval()

    def forward(encoded: Encoded, rows: np.ndarray) -> np.ndarray:
        ids, mask = device.move(*encoded.batch(rows))
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()

    return forward


def _onnx(folder: Path) -> Forward:
    cores = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    session = _session(folder, cores)
    if folders.ALONE in session.get_modelmeta().custom_metadata_map:
        return _each_alone(session, _session(folder, 1), cores)
    return lambda encoded, rows: _run(session, *encoded.padded(rows))


def _each_alone(quick: InferenceSession, frugal: InferenceSession, cores: int) -> Forward:
    """Texts by themselves, each on a core: no thread waits for another; a single one gets all cores."""
    pool = ThreadPoolExecutor(cores, thread_name_prefix="text")

    def forward(encoded: Encoded, rows: np.ndarray) -> np.ndarray:
        texts = [encoded.flat[None, encoded.starts[row] : encoded.starts[row + 1]] for row in rows]
        session = quick if len(texts) == 1 else frugal
        return np.concatenate(list(pool.map(lambda ids: _run(session, ids, np.ones_like(ids)), texts)))

    return forward


def _session(folder: Path, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle thread must not take a core from others
    return onnxruntime.InferenceSession(folder / folders.ONNX, options, providers=["CPUExecutionProvider"])


def _run(session: InferenceSession, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
