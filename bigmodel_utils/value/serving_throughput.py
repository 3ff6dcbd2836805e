"""Throughput of a served model before it is measured: a calibrated roofline and what similar rows were off by.

LLM rows: `roofline` fitted on single-engine measurements, then a hierarchical regression of what is left
(software, scenario, device, model). Encoder rows: the device law, then the same. Errors and the 80 % interval
come from rows whose model (encoders: device) the fits had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import device_scaling, hierarchy, roofline, serving_formula, serving_plan, serving_rows
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.serving_formula import Kind

if TYPE_CHECKING:
    import pandas as pd

Known = Literal["measured", "shape", "size"]
COVERED = 0.8


@dataclass(frozen=True)
class Estimator:
    """What is left of ln rate after the formula, and how many predicted deviations hold 80 % of left-out rows.

    `deviations` by (fleet, known): fleets hide more of what they are; of a model (encoders: a device) other rows were
    "measured", or its "shape" is on file, or its "size" is all that is known.
    """

    constants: roofline.Constants | None
    regression: hierarchy.Regression
    deviations: Mapping[tuple[bool, Known], float]


@cache
def measured(kind: Kind) -> tuple[dict[str, object], ...]:
    """Return the rows of `inference_bench` that the formula can be tested on, with `rate`: samples/s, all devices.

    Power-capped runs are left out: the cap is not known of a plan.
    """
    bench = facts.load("inference_bench")
    tokens = bench["output_tokens_per_s"] / bench["output_tokens"]
    bench = bench.assign(rate=bench["samples_per_s"].fillna(tokens))
    bench = bench[bench["rate"].notna() & ~bench["note"].fillna("").str.contains("power-capped")]
    of_kind = bench[(bench["model"] == device_scaling.ENCODER) == (kind == "encoder")]
    return tuple(row for row in of_kind.to_dict("records") if serving_rows.reason_against(row) is None)


@cache
def estimator(kind: Kind) -> Estimator:
    """Return the estimator of one kind, fitted on every measured row."""
    rows, strangers = list(measured(kind)), left_out_errors(kind)
    constants, regression = _fit(kind, rows)
    tested = {
        "measured": strangers.assign(**dict(zip(("error", "deviation"), regression.leave_one_out(), strict=True))),
        "shape": strangers,
        "size": strangers.assign(error=strangers["error_by_size"]),
    }
    wide = {
        (bool(fleet), known): hierarchy.deviations_covering(COVERED, part["error"].to_numpy(), part["deviation"].to_numpy())
        for known, errors in tested.items()
        for fleet, part in errors.groupby(errors["scenario"].isin(serving_rows.FLEETS))
    }
    return Estimator(constants, regression, wide)


@cache
def left_out_errors(kind: Kind) -> pd.DataFrame:
    """Return one line per measured row, its model (encoders: its device) left out: error ln(predicted / actual), deviation.

    error_by_size: the same where nothing but the model's number of parameters is known.
    """
    import pandas as pd
    from threadpoolctl import threadpool_limits

    rows = list(measured(kind))
    group = np.array([_left_out_by(kind, row) for row in rows])
    error, by_size, deviation = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    whole = _fit(kind, rows)[1]
    with threadpool_limits(1):
        for name in dict.fromkeys(group):
            out = np.flatnonzero(group == name)
            kept = [row for row, g in zip(rows, group, strict=True) if g != name]
            constants, regression = _fit(kind, kept, whole.without(group == name))
            unseen = [rows[place] for place in out]
            mean, deviation[out] = regression.predict(serving_formula.design(unseen))
            left = mean - np.log([row["rate"] for row in unseen])
            error[out] = serving_formula.formula(kind, unseen, constants) + left
            by_size[out] = serving_formula.formula(kind, [_size_only(kind, row) for row in unseen], constants) + left
    columns = ["bench_id", "benchmark", "model", "gpu", "scenario"]
    return pd.DataFrame(rows)[columns].assign(error=error, error_by_size=by_size, deviation=deviation)


def _size_only(kind: Kind, row: dict[str, object]) -> dict[str, object]:
    """The row of a model of which only the number of parameters is told."""
    shape = None if kind == "encoder" else serving_rows.shape_of(row)
    return (
        row if shape is None else {**row, "model": "", **{size: shape[size] for size in ("params_total_b", "params_active_b")}}
    )


def back_test_table() -> pd.DataFrame:
    """Return our error beside the bare roofline: estimator, tested_on, runs, median_factor, p90_factor, bias, coverage.

    Factors are exp|ln(predicted / actual)|. Ours never saw the model (encoders: the device); the roofline needs no fit.
    """
    import pandas as pd

    llm, encoder = left_out_errors("llm"), left_out_errors("encoder")
    fleet = llm["scenario"].isin(serving_rows.FLEETS)
    rows = list(measured("llm"))
    bare = llm.assign(error=serving_formula.formula("llm", rows, serving_formula.IDEAL) - np.log([row["rate"] for row in rows]))
    parts = [
        ("fitted, model left out", "single engines", llm[~fleet], estimator("llm").deviations[False, "shape"]),
        ("bare roofline", "single engines", bare[~fleet], np.nan),
        ("fitted, model left out", "fleets under MLPerf", llm[fleet], estimator("llm").deviations[True, "shape"]),
        ("bare roofline", "fleets under MLPerf", bare[fleet], np.nan),
        ("fitted, device left out", "encoders", encoder, estimator("encoder").deviations[True, "shape"]),
    ]
    return pd.DataFrame(
        [{"estimator": name, "tested_on": where} | _summary(tested, wide) for name, where, tested, wide in parts]
    )


def _summary(tested: pd.DataFrame, deviations: float) -> dict[str, float]:
    held = (np.abs(tested["error"]) <= deviations * tested["deviation"]).mean() if np.isfinite(deviations) else np.nan
    return hierarchy.factors(tested["error"]) | {"coverage": float(held)}


def _left_out_by(kind: Kind, row: dict[str, object]) -> str:
    return str(row["gpu"]) if kind == "encoder" else serving_formula.main_name(row)


def _fit(
    kind: Kind, rows: list[dict[str, object]], start: hierarchy.Regression | None = None
) -> tuple[roofline.Constants | None, hierarchy.Regression]:
    constants = _constants(rows) if kind == "llm" else None
    left = np.log([row["rate"] for row in rows]) - serving_formula.formula(kind, rows, constants)
    return constants, hierarchy.fit(serving_formula.design(rows), left, np.zeros(len(rows), int), 1, start, rounds=1)


def _constants(rows: list[dict[str, object]]) -> roofline.Constants:
    """The roofline fitted on single engines, and what fleets keep of it: a plan of one engine must not inherit MLPerf's rules."""
    single, fleets = ([row for row in rows if serving_formula.is_fleet(row) is wanted] for wanted in (False, True))
    engines = serving_rows.engines(single)
    fitted = roofline.fit(engines, np.array([row["rate"] for row in single]) * engines["output_tokens"])
    left = np.log([row["rate"] for row in fleets]) - serving_formula.formula("llm", fleets, fitted)
    return fitted._replace(fleet=float(np.exp(left.mean())))


def rate(row: dict[str, object]) -> Quantity:
    """Return samples/s of a planned row (columns of inference_bench known before the run), 80 % interval.

    rung 2: the same model was measured on the same device. rung 3: formula and similar rows.
    Raises ValueRefused where nothing can be said.
    """
    row = serving_plan.read(row)
    reason = serving_rows.reason_against(row)
    if reason and not np.isfinite(serving_rows.positive(row, "output_tokens")) and (known := _records(row)):
        return _from_records(row, known)
    if reason or (reason := _too_small(row := _on_enough_devices(row))):
        raise ValueRefused(str(row.get("model") or "a planned row"), reason, "the plan")
    kind: Kind = "encoder" if row["model"] == device_scaling.ENCODER else "llm"
    fitted, known = estimator(kind), _known(kind, row)
    mean, deviation = (float(v[0]) for v in fitted.regression.predict(serving_formula.design([row])))
    mid = float(np.exp(serving_formula.formula(kind, [row], fitted.constants)[0] + mean))
    factor = float(np.exp(fitted.deviations[serving_formula.is_fleet(row) or kind == "encoder", known] * deviation))
    source = "fitted on data/facts/inference_bench.csv"
    return Quantity.within(factor, mid, "samples/s", source=source, method=_rung(kind, row, known))


def _known(kind: Kind, row: dict[str, object]) -> Known:
    if kind == "llm" and str(row["model"]) not in serving_rows.model_names():
        return "size"
    return "measured" if _left_out_by(kind, row) in {_left_out_by(kind, other) for other in measured(kind)} else "shape"


def _rung(kind: Kind, row: dict[str, object], known: Known) -> str:
    if known == "size":
        return "rung 3: formula on a shape usual for that number of parameters"
    if any(_same(row, other) for other in measured(kind)):
        return "rung 2: scaled from the same model on the same device"
    return "rung 3: formula and similar rows"


def _on_enough_devices(row: dict[str, object]) -> dict[str, object]:
    """The row with `gpu_count`: the fewest devices that hold the weights, where the plan does not say."""
    if row["model"] == device_scaling.ENCODER or np.isfinite(serving_rows.positive(row, "gpu_count")):
        return row
    sizes = ({**row, "gpu_count": size} for size in serving_formula.ENGINE_SIZES)
    return next((sized for sized in sizes if _too_small(sized) is None), {**row, "gpu_count": serving_formula.ENGINE_SIZES[-1]})


def _too_small(row: dict[str, object]) -> str | None:
    """Why the devices of a row cannot hold its weights, or None when they can."""
    if row["model"] == device_scaling.ENCODER:
        return None
    engines = serving_rows.engines([row])
    weights, memory = roofline.weight_bytes(engines)[0], (engines["devices"] * engines["memory_bytes"])[0]
    if weights < roofline.MEMORY_SHARE * memory:
        return None
    gigabytes = (weights / serving_rows.GIB, memory / serving_rows.GIB)
    return f"weights of {gigabytes[0]:.0f} GiB do not fit into {gigabytes[1]:.0f} GiB; more devices, or fewer bits"


def _records(row: dict[str, object]) -> list[float]:
    """ln samples/s per device of every published row of the same model on the same device."""
    bench = facts.load("inference_bench")
    same = bench[(bench["model"] == row.get("model")) & (bench["gpu"] == row.get("gpu"))]
    same = same[same["samples_per_s"].notna()]
    alike = same[same["scenario"] == row.get("scenario")]
    chosen = same if alike.empty else alike
    return list(np.log(chosen["samples_per_s"] / chosen["gpu_count"]))


def _from_records(row: dict[str, object], known: list[float]) -> Quantity:
    mid = float(np.exp(np.mean(known))) * serving_formula.devices(row)
    source, method = "data/facts/inference_bench.csv", "rung 2: published on the same device, per device"
    return Quantity.within(device_scaling.law().factor80, mid, "samples/s", source=source, method=method)


def _same(row: dict[str, object], other: dict[str, object]) -> bool:
    return row["gpu"] == other["gpu"] and serving_formula.main_name(row) == serving_formula.main_name(other)
