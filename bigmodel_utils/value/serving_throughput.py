"""Throughput of a served model before it is measured: a calibrated roofline and what similar rows were off by.

LLM rows: `roofline` fitted on single-engine measurements, then a hierarchical regression of what is left
(software, scenario, device, model). Encoder rows: the device law, then the same. Errors and the 80 % interval
come from rows whose model (encoders: device) the fits had not seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import device_scaling, hierarchy, roofline, serving_plan, serving_rows
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["llm", "encoder"]
Known = Literal["measured", "shape", "size"]
COVERED = 0.8
ENGINE_SIZES = (1, 2, 4, 8, 16, 32)
LARGEST_ENGINE = 8  # devices of one machine
IDEAL = roofline.Constants(*[1.0] * roofline.EFFICIENCIES, 0.0, 0.0, 0.0)  # hardware used to the last byte, nothing lost


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
            mean, deviation[out] = regression.predict(_design(unseen))
            left = mean - np.log([row["rate"] for row in unseen])
            error[out] = formula(kind, unseen, constants) + left
            by_size[out] = formula(kind, [_size_only(kind, row) for row in unseen], constants) + left
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
    bare = llm.assign(error=formula("llm", rows, IDEAL) - np.log([row["rate"] for row in rows]))
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
    return str(row["gpu"]) if kind == "encoder" else _main_name(row)


def _fit(
    kind: Kind, rows: list[dict[str, object]], start: hierarchy.Regression | None = None
) -> tuple[roofline.Constants | None, hierarchy.Regression]:
    constants = _constants(rows) if kind == "llm" else None
    left = np.log([row["rate"] for row in rows]) - formula(kind, rows, constants)
    return constants, hierarchy.fit(_design(rows), left, np.zeros(len(rows), int), 1, start, rounds=1)


def _constants(rows: list[dict[str, object]]) -> roofline.Constants:
    """The roofline fitted on single engines, and what fleets keep of it: a plan of one engine must not inherit MLPerf's rules."""
    single, fleets = ([row for row in rows if _fleet(row) is wanted] for wanted in (False, True))
    engines = serving_rows.engines(single)
    fitted = roofline.fit(engines, np.array([row["rate"] for row in single]) * engines["output_tokens"])
    left = np.log([row["rate"] for row in fleets]) - formula("llm", fleets, fitted)
    return fitted._replace(fleet=float(np.exp(left.mean())))


def formula(kind: Kind, rows: list[dict[str, object]], constants: roofline.Constants | None) -> np.ndarray:
    """Return ln samples/s by the formula alone, (n,)."""
    if kind == "encoder" or constants is None:
        return np.array([_encoder_law(row) for row in rows])
    engines = serving_rows.engines(rows)
    return np.log(_whole_fleet(engines, constants) / engines["output_tokens"])


def _encoder_law(row: dict[str, object]) -> float:
    """ln of peak and power, weighed as the device law says, times devices."""
    weight, (peak, power) = device_scaling.law().peak_weight, serving_rows.encoder_law_inputs(row)
    return float(weight * np.log(peak) + (1 - weight) * np.log(power) + np.log(_devices(row)))


def _whole_fleet(engines: roofline.Engines, constants: roofline.Constants) -> np.ndarray:
    """Tokens/s of all devices: one engine where the row is one, else the best split into equal engines that hold the weights.

    More devices than the largest engine measured are taken for several engines.
    """
    one = roofline.tokens_per_second(engines, constants)
    best = np.zeros(len(one))
    for size in ENGINE_SIZES:
        devices = np.minimum(size, engines["devices"])
        split = {**engines, "devices": devices}
        holds = roofline.weight_bytes(split) < roofline.MEMORY_SHARE * devices * engines["memory_bytes"]
        rate = roofline.tokens_per_second(split, constants) * engines["devices"] / devices
        best = np.where(holds, np.maximum(best, rate), best)
    several = (engines["fleet"] | (engines["devices"] > LARGEST_ENGINE)) & (best > 0)
    return np.where(engines["fleet"], constants.fleet, 1.0) * np.where(several, best, one)


def _devices(row: dict[str, object]) -> float:
    count = serving_rows.positive(row, "gpu_count")
    return count if np.isfinite(count) else 1.0


def _design(rows: list[dict[str, object]]) -> hierarchy.Design:
    """Effects of what is left: software and its age, scenario, device, precision, model, and pairs of them."""

    def text(row: dict[str, object], column: str) -> str:
        value = row.get(column)
        return value if isinstance(value, str) else ""

    groups = []
    for row in rows:
        model = _main_name(row)
        family, gpu = text(row, "benchmark").split(" v")[0], text(row, "gpu")
        scenario = text(row, "scenario") if _fleet(row) else ""
        software = text(row, "software").split(" ")[0].split(",")[0].lower()
        asked = f"{scenario} {model}" if scenario else ""
        pairs = [f"{family} {model}", asked, f"{gpu} {model} {family}", f"{gpu} {text(row, 'precision')}"]
        groups.append([scenario, gpu, _round(text(row, "benchmark")) if scenario else text(row, "benchmark"), software, *pairs])
    counts = np.log([_devices(row) for row in rows]) - np.log(4)
    fleets = [float(_fleet(row)) for row in rows]
    return hierarchy.Design(np.array([counts, fleets]), np.array(groups, dtype=object).T)


def _round(benchmark: str) -> str:
    """The round on file nearest to an MLPerf round, the last where none is told: rates grow with the age of the software."""
    number = re.search(r"v(\d+(?:\.\d+)?)", benchmark)
    asked = float(number.group(1)) if number else np.inf
    return min(_rounds(), key=lambda known: (abs(_rounds()[known] - min(asked, max(_rounds().values()))), -_rounds()[known]))


@cache
def _rounds() -> dict[str, float]:
    """The rounds of fleets on file and their numbers."""
    bench = facts.load("inference_bench")
    names = bench.loc[bench["scenario"].isin(serving_rows.FLEETS), "benchmark"].unique()
    return {name: float(name.rsplit(" v")[-1]) for name in names}


def _fleet(row: dict[str, object]) -> bool:
    """Whether the row is run under MLPerf's rules; a plan that does not say so is one engine at its best rate."""
    return row.get("scenario") in serving_rows.FLEETS


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
    mean, deviation = (float(v[0]) for v in fitted.regression.predict(_design([row])))
    mid = float(np.exp(formula(kind, [row], fitted.constants)[0] + mean))
    factor = float(np.exp(fitted.deviations[_fleet(row) or kind == "encoder", known] * deviation))
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
    sizes = ({**row, "gpu_count": size} for size in ENGINE_SIZES)
    return next((sized for sized in sizes if _too_small(sized) is None), {**row, "gpu_count": ENGINE_SIZES[-1]})


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
    mid = float(np.exp(np.mean(known))) * _devices(row)
    source, method = "data/facts/inference_bench.csv", "rung 2: published on the same device, per device"
    return Quantity.within(device_scaling.law().factor80, mid, "samples/s", source=source, method=method)


def _same(row: dict[str, object], other: dict[str, object]) -> bool:
    return row["gpu"] == other["gpu"] and _main_name(row) == _main_name(other)


def _main_name(row: dict[str, object]) -> str:
    return serving_rows.model_names().get(str(row["model"]), str(row["model"]))
