"""Chip-hours of a training run before it starts, with an interval that was tested on runs left out.

hours = FLOP / (utilisation x peak). Utilisation is predicted by a hierarchical regression on published runs;
nothing is typed in. The 80 % interval is conformal: as wide, in predicted standard deviations, as 80 % of the
checked runs of that architecture needed whose developer family the fit had not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.units import SECONDS_PER_HOUR, Quantity
from bigmodel_utils.value import hardware, hierarchy, serving_plan, serving_rows, throughput_scaling, training_runs
from bigmodel_utils.value.machines import Contract, Machine
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    import pandas as pd

COVERED = 0.8
TIERS = ("A", "B", "C")  # quality of the record: explicit, rounded or partly derived, coarse
NEW_RECORD = 1  # a run still to come is compared with records of tier B
_DRAWS = 400  # of families, for the interval of a median
LONG = 8192  # tokens of a sequence; published runs were trained on shorter ones
_FEW = 8  # errors, of which the second largest bounds 80 %
GENERATION = 0.15  # chips of one vendor within 15 % of peak are one generation


@dataclass(frozen=True)
class Estimator:
    """The regression of ln utilisation, and how many predicted deviations hold 80 % of unseen (False) and known (True) families.

    spread: how many times as many each architecture needs (conformal by class: Vovk et al. 2005, sec. 4.5).
    worst: how many hold every checked run, for plans like none of them.
    """

    regression: hierarchy.Regression
    deviations: Mapping[bool, float]
    spread: Mapping[str, float]
    worst: float

    def spread_of(self, architecture: str) -> float:
        """Return the spread of an architecture, the widest of all where too few such runs were tested."""
        return self.spread.get(architecture, max(self.spread.values()))


@cache
def estimator() -> Estimator:
    """Return the estimator fitted on every run of the back-test.

    Its intervals come from checked records only: coarse ones say more of the record than of the run.
    """
    runs, strangers, regression = training_runs.back_test(), back_test_errors(), _of_all_runs()
    checked = (runs["quality_tier"] != "C").to_numpy()
    with_kin = checked & (runs.groupby("family")["family"].transform("size") > 1).to_numpy()
    error, deviation = regression.leave_one_out(NEW_RECORD)
    unseen, known = _needed(strangers[checked]), hierarchy.deviations_covering(COVERED, error[with_kin], deviation[with_kin])
    spread = {name: _needed(part) / unseen for name, part in _by_architecture(strangers)}
    worst = float((strangers["error"].abs() / strangers["deviation"])[checked].max())
    return Estimator(regression, {False: unseen, True: known}, spread, worst)


def _by_architecture(errors: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The checked errors of every architecture; coarse records as well where they are few."""
    for name, part in errors.groupby("architecture"):
        checked = part[part["quality_tier"] != "C"]
        kept = checked if len(checked) >= _FEW else part
        if len(kept) >= _FEW:
            yield str(name), kept


def _needed(errors: pd.DataFrame) -> float:
    return hierarchy.deviations_covering(COVERED, errors["error"].to_numpy(), errors["deviation"].to_numpy())


@cache
def _of_all_runs() -> hierarchy.Regression:
    runs = training_runs.back_test()
    return hierarchy.fit(design(runs), np.log(runs["utilisation"].to_numpy()), _tiers(runs), len(TIERS))


@cache
def back_test_errors() -> pd.DataFrame:
    """Return one row per run, its family left out of the fit: model, family, quality_tier, error, deviation.

    error: ln(predicted / actual chip-hours). deviation: the standard deviation that was predicted for it.
    """
    from threadpoolctl import threadpool_limits

    runs, whole = training_runs.back_test(), _of_all_runs()
    x, y, tier = whole.design, whole.y, whole.tier
    error, deviation = np.empty(len(y)), np.empty(len(y))
    with threadpool_limits(1):
        for family in runs["family"].unique():
            out = (runs["family"] == family).to_numpy()
            fitted = hierarchy.fit(x.rows(~out), y[~out], tier[~out], len(TIERS), whole.without(out), rounds=2)
            mean, deviation[out] = fitted.predict(x.rows(out), NEW_RECORD)
            error[out] = y[out] - mean
    return runs[["run_id", "model", "family", "architecture", "quality_tier", "chip_hours"]].assign(
        error=error, deviation=deviation
    )


def back_test_table() -> pd.DataFrame:
    """Return our error beside two rules of thumb: estimator, runs, median_factor, p90_factor, bias, coverage.

    Factors are exp|ln(predicted / actual)|; "checked" leaves out records of tier C (coarse). Ours never saw the family.
    median_low, median_high: 95 % interval of our median, whole families drawn anew.
    """
    import pandas as pd

    runs, ours = training_runs.back_test(), back_test_errors()
    wide = estimator().deviations[False] * ours["architecture"].map(estimator().spread_of)
    inside = np.abs(ours["error"]) <= wide * ours["deviation"]
    utilisation = np.log(runs["utilisation"])
    peers = {
        "fitted, family left out": ours["error"],
        "6ND at 0.40": utilisation - np.log(0.4),
        "6ND at 0.30": utilisation - np.log(0.3),
    }
    rows = []
    for runs_shown, chosen in (("all", np.ones(len(runs), bool)), ("checked", (runs["quality_tier"] != "C").to_numpy())):
        for name, error in peers.items():
            row = {"estimator": name, "tested_on": runs_shown} | hierarchy.factors(error[chosen])
            if name.startswith("fitted"):
                row |= _median_interval(np.abs(error[chosen]), runs["family"][chosen]) | {"coverage": inside[chosen].mean()}
            rows.append(row)
    return pd.DataFrame(rows)


def _median_interval(size: pd.Series, family: pd.Series) -> dict[str, float]:
    """The 95 % interval of the median factor, families drawn with replacement: runs of one team err together."""
    parts, rng = [part.to_numpy() for _, part in size.groupby(family)], np.random.default_rng(0)
    drawn = rng.integers(len(parts), size=(_DRAWS, len(parts)))
    low, high = np.quantile([np.median(np.concatenate([parts[place] for place in row])) for row in drawn], [0.025, 0.975])
    return {"median_low": np.exp(low), "median_high": np.exp(high)}


def design(runs: pd.DataFrame) -> hierarchy.Design:
    """Return what the regression knows of `runs`, planned or past: size, FLOP, peak, year, generation of chip, architecture, family.

    Beyond the years on file nothing is extrapolated: a run still to come counts as one of the last year known.
    """
    architecture, middle = runs["architecture"].to_numpy(), _middle()
    size = np.log10(runs["params_active_b"].to_numpy(dtype=float) / middle["params_active_b"])
    work = np.log10(runs["flop"].to_numpy(dtype=float) / middle["flop"]) / 2
    peak = np.log(runs["peak_flops"].to_numpy(dtype=float) / middle["peak_flops"])
    years = training_runs.back_test()["year"]
    year = (runs["year"].to_numpy(dtype=float).clip(years.min(), years.max()) - middle["year"]) / 2
    generation = [f"{vendor} {step}" for vendor, step in zip(runs["vendor"], np.round(peak / GENERATION), strict=True)]
    sparse, encoder = architecture == "moe", architecture == "encoder"
    groups = np.array([generation, runs["family"].fillna("").to_numpy(dtype=object)], dtype=object)
    return hierarchy.Design(np.stack([size, work, peak, year, sparse, encoder]).astype(float), groups)


@cache
def _middle() -> dict[str, float]:
    """The medians of the published runs: the point at which all slopes are zero."""
    return training_runs.back_test()[["params_active_b", "flop", "peak_flops", "year"]].median().to_dict()


def _tiers(runs: pd.DataFrame) -> np.ndarray:
    return runs["quality_tier"].map({tier: place for place, tier in enumerate(TIERS)}).to_numpy()


def chip_hours(run: dict[str, object]) -> Quantity:
    """Return the chip-hours of a planned run (columns of training_runs that are known before it), 80 % interval.

    rung 1: the plan has `tokens_per_s_per_gpu`, measured on the target: tokens over rate, over goodput.
    rung 2: that rate was `measured_on` another accelerator; or runs of the same `family` are known. rung 3: neither.
    Raises ValueRefused where nothing can be said.
    """
    if all(np.isfinite(training_runs.positive(run, column)) for column in ("tokens_per_s_per_gpu", "tokens_b")):
        return throughput_scaling.measured_hours(run)
    reason = training_runs.reason_against(run)
    if reason:
        raise ValueRefused(str(run.get("model") or "a planned run"), reason, "the plan")
    return _regressed_hours(run)


def planned_flop(run: dict[str, object]) -> float:
    """Return the FLOP of a plan that can be estimated, with the attention of its `sequence_length` beyond LONG tokens.

    A token and layer cost 6 times width times length (causal; Narayanan et al. 2021); up to LONG utilisation holds that.
    """
    counted, tokens = training_runs.matrix_flop(run), training_runs.positive(run, "tokens_b") * 1e9
    lengths = (training_runs.positive(run, column) for column in ("sequence_length", "seq_len"))
    beyond = next((length - LONG for length in lengths if length > LONG), None)
    shape = serving_rows.shape_of(serving_plan.read(run)) if beyond and np.isfinite(tokens) else None
    if shape is None:
        return counted
    return counted + 6 * shape["layers"] * shape["heads"] * shape["head_values"] * beyond * tokens


def _regressed_hours(run: dict[str, object]) -> Quantity:
    row, fitted = _planned(run), estimator()
    mean, deviation = (float(value[0]) for value in fitted.regression.predict(design(row), NEW_RECORD))
    mid = float(row["flop"].iloc[0]) / (np.exp(mean) * training_runs.width_flops(run) * SECONDS_PER_HOUR)
    family, untested = row["family"].iloc[0], training_runs.like_no_tested(run)
    seen = bool(family) and bool((fitted.regression.design.groups[-1] == family).any())
    tested = fitted.deviations[seen] * fitted.spread_of(row["architecture"].iloc[0])
    factor = float(np.exp((fitted.worst if untested else tested) * deviation))
    method = "rung 2: scaled from runs of the same family" if seen else "rung 3: fitted on runs of other families"
    method = f"rung 3: fitted on pretraining at 16 bit; {untested}" if untested else method
    source = "utilisation fitted on data/facts/training_runs.csv"
    return Quantity.within(factor, mid, "chip-hours", source=source, method=method)


def _planned(run: dict[str, object]) -> pd.DataFrame:
    """The plan as one row of the table that `design` reads.

    A size that is not said lies in the middle of the published runs, a year in the middle of those on the nearest chips.
    """
    import pandas as pd

    size = training_runs.active_parameters_b(run)
    plan = {
        "hardware": hardware.named(run["hardware"]),
        "architecture": training_runs.architecture_of(run),
        "family": "" if training_runs.is_adaptation(run) else re.sub(r"[^a-z0-9]", "", str(run.get("family") or "").lower()),
        "params_active_b": size if np.isfinite(size) else _middle()["params_active_b"],
        "flop": planned_flop(run),
        "year": training_runs.positive(run, "year"),
    }
    planned, known = training_runs.with_peak(pd.DataFrame([plan])), training_runs.back_test()
    apart = np.log(known["peak_flops"] / planned["peak_flops"].iloc[0]).abs()
    return planned.fillna({"year": known["year"][apart == apart.min()].median()})


def cost(hours: Quantity, machine: Machine, contract: Contract = "on_demand", overhead: float = 0.0) -> Quantity:
    """Return USD of `hours` chip-hours on `machine`, with `overhead` (share) for storage, network and failed runs."""
    if overhead < 0:
        raise ValueRefused(f"overhead {overhead:g}", "zero or more; the nearest is 0", "overhead")
    if machine.device == "cpu":
        raise ValueRefused(f"chip-hours on {machine.name}", "a machine with accelerators", "compute in the scenario")
    price = machine.price(contract)
    paid = hours.scaled(price.mid / machine.devices * (1 + overhead), "USD")
    return paid.model_copy(update={"source": f"{hours.source}; {price.source}", "as_of": price.as_of})
