"""Rows of a serving benchmark or plan, joined with what the facts know of model, device and dataset."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.value.device_scaling import ENCODER
from bigmodel_utils.value.serving_plan import BITS, likely_shape
from bigmodel_utils.value.training_runs import positive

FLEETS = ("offline", "server", "interactive")  # MLPerf scenarios: as many engines as fit, not one over all devices
GIB = 2**30
_BATCH_COLUMNS = ("batch_size", "batch", "concurrency")
_MOST = {"gpu_count": 1e5, "input_tokens": 1e7, "output_tokens": 1e7, "params_b": 1e5, "params_total_b": 1e5}  # of any so far
_SHAPE = (
    "layers", "hidden", "heads", "kv_values_per_layer", "head_values", "vocabulary", "experts", "experts_per_token",
)  # fmt: skip


def reason_against(row: dict[str, object]) -> str | None:
    """Return why the throughput of a row cannot be computed from shapes and specs, or None when it can."""
    specs, shapes = facts.load("gpu_specs")["gpu"], model_names()
    gpu, model, precision = (str(row.get(column) or "") for column in ("gpu", "model", "precision"))
    if gpu not in set(specs):
        return f"device '{gpu}' is not in gpu_specs; {nearest(gpu, specs)}" if gpu else "no device given"
    if model == ENCODER:
        return None if np.isfinite(encoder_law_inputs(row)).all() else f"8-bit peak or power of {gpu} is not known"
    if shape_of(row) is None:
        return f"model '{model}' is not in model_shapes (or params_b); {nearest(model, shapes)}" if model else "no model given"
    if weight_precision(precision) is None:
        return f"precision '{precision}' is not known; {nearest(precision, BITS)}"
    if not np.isfinite(peak_tflops(gpu, precision)):
        return f"no {precision} peak is known for {gpu}"
    if not all(np.isfinite(length) for length in lengths(row)):
        return "needs input_tokens and output_tokens above 0, or a dataset of benchmark_lengths"
    return _beyond_reason(row)


def _beyond_reason(row: dict[str, object]) -> str | None:
    """Why a number of the row cannot be meant: a count of devices that is none, or more of something than anybody has."""
    count = str(row.get("gpu_count", "")).strip()
    if count.lower() not in ("", "nan", "none") and not np.isfinite(positive(row, "gpu_count")):
        return f"gpu_count '{count}' is not a number above 0; empty for as many as hold the weights"
    beyond = (column for column, most in _MOST.items() if positive(row, column) > most)
    return next((f"{column} is {positive(row, column):g}; the most is {_MOST[column]:g}" for column in beyond), None)


def encoder_law_inputs(row: dict[str, object]) -> tuple[float, float]:
    """Return peak at the row's precision (8 bit where that is not known, 10^12/s) and rated power (W); NaN where not known."""
    gpu, precision = str(row["gpu"]), str(row.get("precision"))
    return peak_tflops(gpu, precision if weight_precision(precision) else "int8"), float(
        _known("gpu_specs", "gpu")[gpu]["tdp_w"]
    )


@cache
def model_names() -> dict[str, str]:
    """Return every name and alias of model_shapes -> the model's name there."""
    table = facts.load("model_shapes")
    aliases = table["aliases"].fillna("").str.split(";")
    return {name: model for model, others in zip(table["model"], aliases, strict=True) for name in (model, *others) if name}


def weight_precision(precision: str) -> str | None:
    """Return the precision of the weights where it is known: "int8/fp16" is int8."""
    first = str(precision).split("/")[0].strip().lower()
    return first if first in BITS else None


def lengths(row: dict[str, object]) -> tuple[float, float]:
    """Return mean input and output tokens of a request: as given, else those of its dataset, else NaN."""
    known = _dataset_lengths().get(str(row.get("dataset")), (float("nan"), float("nan")))
    given = positive(row, "input_tokens"), positive(row, "output_tokens")
    return tuple(g if np.isfinite(g) else k for g, k in zip(given, known, strict=True))  # type: ignore[return-value]


def shape_of(row: dict[str, object]) -> dict[str, Any] | None:
    """Return the model's row of model_shapes, else the shape usual for its number of parameters, else None."""
    name = model_names().get(str(row.get("model")))
    return likely_shape(row) if name is None else _known("model_shapes", "model")[name]


@cache
def _dataset_lengths() -> dict[str, tuple[float, float]]:
    table = facts.load("benchmark_lengths")
    return dict(zip(table["dataset"], zip(table["input_tokens"], table["output_tokens"], strict=True), strict=True))


def peak_tflops(gpu: str, precision: str) -> float:
    """Return the dense peak at which weights of `precision` are multiplied, 10^12/s; 4-bit integers are unpacked to 16 bit."""
    weights = weight_precision(precision)
    row = _known("gpu_specs", "gpu")[gpu]
    if weights == "fp4":
        return float(_known("gpu_serving", "gpu").get(gpu, {}).get("fp4_dense_tflops", np.nan))
    column = {"fp8": "fp8_dense_tflops", "int8": "int8_dense_tops"}.get(str(weights), "bf16_fp16_dense_tflops")
    return float(row[column])


@cache
def _known(table: str, key: str) -> dict[str, dict[str, Any]]:
    return facts.load(table).set_index(key).to_dict("index")


def engines(rows: list[dict[str, object]]) -> dict[str, np.ndarray]:
    """Return what `roofline` reads, each (n,); every row has passed `reason_against`. Bytes, FLOP/s, counts."""
    specs, serving = _known("gpu_specs", "gpu"), _known("gpu_serving", "gpu")
    slowest = min(entry["link_gb_s"] for entry in serving.values())
    lines = []
    for row in rows:
        gpu, shape, precision = str(row["gpu"]), shape_of(row), weight_precision(str(row["precision"]))
        given, count = lengths(row), positive(row, "gpu_count")
        lines.append(
            {column: float(shape[column]) for column in _SHAPE}
            | {
                "parameters": shape["params_total_b"] * 1e9,
                "active_parameters": shape["params_active_b"] * 1e9,
                "weight_bytes": BITS[precision] / 8,
                "cache_bytes": 2.0 if BITS[precision] == 16 else 1.0,
                "memory_bytes": specs[gpu]["memory_gb"] * GIB,
                "bandwidth": specs[gpu]["bandwidth_tb_s"] * 1e12,
                "peak_flops": peak_tflops(gpu, str(row["precision"])) * 1e12,
                "link_bytes_s": serving[gpu]["link_gb_s"] * 1e9 if gpu in serving else slowest * 1e9,
                "devices": count if np.isfinite(count) else 1.0,
                "input_tokens": given[0],
                "output_tokens": given[1],
                "batch": _stated_batch(row),
                "fleet": str(row.get("scenario")) in FLEETS,
            }
        )
    return {column: np.array([line[column] for line in lines]) for column in lines[0]}


def _stated_batch(row: dict[str, object]) -> float:
    """The batch of a plan that states one; that of a static-batch row of the benchmarks stands in its note."""
    told = next((n for n in (positive(row, column) for column in _BATCH_COLUMNS) if np.isfinite(n)), float("nan"))
    found = re.search(r"\bbatch (\d+)", str(row.get("note"))) if "static" in str(row.get("scenario")) else None
    return float(found.group(1)) if found else told
