"""A serving plan as people write it, in the words of `inference_bench`: device, model, precision, sizes."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.value import hardware
from bigmodel_utils.value.device_scaling import ENCODER
from bigmodel_utils.value.training_runs import SPARSE_BELOW, active_in_name, positive

_TAILS = re.compile(
    r"(?<=[a-z0-9.])[-_ ](instruct|chat|base|hf|it|v\d+(\.\d+)*|fp8|fp4|nvfp4|mxfp4|awq|gptq|int4|int8|bf16|fp16|w\d+a\d+|\d{4}|99(\.9)?)$"
)
_PRECISIONS = {  # first match counts
    "int4": r"mxfp4|int4|uint4|w4|awq|gptq|nf4|q4|4[\s-]?bit",
    "fp4": r"fp4",
    "fp8": r"fp8|float8|e4m3",
    "int8": r"int8|w8|q8|8[\s-]?bit",
    "fp16": r"fp16|float16|half|bf16|bfloat16|16[\s-]?bit|w16",
}
BITS = {"fp16": 16, "bf16": 16, "fp8": 8, "int8": 8, "fp4": 4.5, "int4": 4.5, "uint4": 4.5}  # 4 bit with its scales
_EXPERTS = 64  # of a sparse model whose count is not told: only the share that is active matters
_HEAD_VALUES, _KV_HEADS = 128, 8  # of an attention head, and heads that the cache keeps, in most models of the last years


def read(row: dict[str, object]) -> dict[str, object]:
    """Return the row with device, model and precision by their names in the facts, where they can be read; the rest as it is.

    Weights count as 16 bit where the plan is silent: so they are published.
    """
    told = {column: str(row.get(column) or "").strip() for column in ("gpu", "hardware", "model", "precision", "scenario")}
    gpu, model = told["gpu"] or told["hardware"], model_named(told["model"]) or told["model"]
    read = {"gpu": hardware.named(gpu) or gpu, "model": model, "scenario": told["scenario"].lower()}
    return {**row, **read, "precision": "" if model == ENCODER and not told["precision"] else _precision(told["precision"])}


def model_named(given: str) -> str | None:
    """Return the model of model_shapes (or the encoder) that is meant, whoever publishes it and however it was tuned, or None."""
    name = given.lower().strip().split("/")[-1]
    while True:
        if _plain(name) in _models():
            return _models()[_plain(name)]
        shorter = _TAILS.sub("", name)
        if shorter == name:
            return None
        name = shorter


@cache
def _models() -> dict[str, str]:
    encoders = {_plain(name): ENCODER for name in (ENCODER, "bert", "bert-99", "bert-large-uncased")}
    known = {}
    for shape in facts.rows("model_shapes"):
        known |= {_plain(name): name for name in (*shape["aliases"].split(";"), shape["model"]) if name}
    return encoders | known


def _plain(name: str) -> str:
    return re.sub(r"^meta(?=llama)", "", re.sub(r"[^a-z0-9.]", "", name.lower()))


def _precision(given: str) -> str:
    if not given:
        return "fp16"
    first = given.lower().split("/")[0].strip()
    if first in BITS:
        return given.lower()
    return next((name for name, pattern in _PRECISIONS.items() if re.search(pattern, first)), given)


def parameters_b(row: dict[str, object]) -> tuple[float, float]:
    """Return all and active parameters, 10^9: from the columns, else from a name such as "Yi-34B" or "235B-A22B", else NaN."""
    name = str(row.get("model") or "")
    sizes = [] if re.search(r"\dx\d", name, re.I) else re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)b(?![a-z])", name, re.I)
    totals = (positive(row, "params_total_b"), positive(row, "params_b"), *map(float, sizes[:1]))
    total = next(filter(np.isfinite, totals), np.nan)
    active = next(filter(np.isfinite, (positive(row, "params_active_b"), active_in_name(row))), total)
    return float(total), float(min(active, total))


def likely_shape(row: dict[str, object]) -> dict[str, float] | None:
    """Return the columns of model_shapes that a model of that many parameters usually has, or None where those are not known.

    Layers and width by their slope on size over the table's models (in logs).
    """
    total, active = parameters_b(row)
    if not np.isfinite(total):
        return None
    layers, hidden, vocabulary = (float(np.exp(np.polyval(line, np.log(total)))) for line in _usual())
    sparse = active < SPARSE_BELOW * total
    return {
        "layers": layers,
        "hidden": hidden,
        "heads": hidden / _HEAD_VALUES,
        "kv_values_per_layer": 2.0 * _KV_HEADS * _HEAD_VALUES,
        "head_values": float(_HEAD_VALUES),
        "vocabulary": min(vocabulary, 0.25 * total * 1e9 / (2 * hidden)),
        "params_total_b": total,
        "params_active_b": active,
        "experts": float(_EXPERTS) if sparse else 1.0,
        "experts_per_token": _EXPERTS * active / total if sparse else 1.0,
    }


@cache
def _usual() -> tuple[np.ndarray, ...]:
    table = facts.load("model_shapes")
    dense = table[table["experts"] == 1]
    size = np.log(dense["params_total_b"])
    flat = np.array([0.0, np.log(dense["vocabulary"].median())])
    return (*(np.polyfit(size, np.log(dense[column]), 1) for column in ("layers", "hidden")), flat)
