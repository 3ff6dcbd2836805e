"""From a Transformers folder to an ONNX one, in float32 or with 8-bit weights and products."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.training.pretrained import silence

_OPSET = 20  # the first with GELU as one operator
_QUANTISED = ["MatMul", "Gemm", "Gather"]  # products of the layers and of the head, and the embeddings


class Answering(torch.nn.Module):
    """The model as a graph of two inputs and one output."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def exported(source: Path, out: Path) -> None:
    """Write the model of folder `source` as a float32 ONNX graph from input_ids and attention_mask to logits."""
    from transformers import AutoModelForSequenceClassification

    silence()
    model = AutoModelForSequenceClassification.from_pretrained(
        source, use_safetensors=True, dtype=torch.float32, attn_implementation="eager"
    )
    out.mkdir(parents=True)
    ids = torch.ones(2, 16, dtype=torch.long)  # any two texts: both sides of the shape are exported as free
    names, free = ["input_ids", "attention_mask"], {0: "texts", 1: "tokens"}
    with _quiet():
        torch.onnx.export(
            Answering(model).eval(), (ids, torch.ones_like(ids)), out / folders.ONNX, opset_version=_OPSET, input_names=names,
            output_names=["logits"], dynamic_axes={**dict.fromkeys(names, free), "logits": {0: "texts"}},
            dynamo=False,  # tracing takes a tenth of the time that torch.export does, to the same answers
        )  # fmt: skip
    folders.copy_beside(source, out)


def quantised(source: Path, out: Path) -> None:
    """Write the ONNX folder `source` with int8 weights; activations get their scale as they come (dynamic quantisation).

    That scale spans all texts of a call, so an answer would depend on its company: the graph says so in its metadata, and
    `Runtime` gives it one text at a time, each on a core of its own, which int8 does faster than padded batches anyway.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(source / folders.ONNX)
    del graph.graph.value_info[:]  # shapes that the exporter noted contradict the quantiser's own
    out.mkdir(parents=True)
    with _quiet():
        quantize_dynamic(
            graph, out / folders.ONNX, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=_QUANTISED
        )
    made = onnx.load(out / folders.ONNX)
    onnx.helper.set_model_props(made, {folders.ALONE: "yes"})
    onnx.save(made, out / folders.ONNX)
    folders.copy_beside(source, out)


@contextmanager
def _quiet() -> Iterator[None]:
    """Exporter and quantiser advise at length about graphs that come out right."""
    loggers = {logging.getLogger(name): logging.getLogger(name).level for name in (None, "torch.onnx")}
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in loggers.items():
            logger.setLevel(level)
