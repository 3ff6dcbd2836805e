"""What a served model's rate is made of: the roofline of its engines, or the law of encoders, and what marks a row beside it."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.value import device_scaling, hierarchy, roofline, serving_rows

Kind = Literal["llm", "encoder"]
ENGINE_SIZES = (1, 2, 4, 8, 16, 32)
LARGEST_ENGINE = 8  # devices of one machine
IDEAL = roofline.Constants(*[1.0] * roofline.EFFICIENCIES, 0.0, 0.0, 0.0)  # hardware used to the last byte, nothing lost


def formula(kind: Kind, rows: list[dict[str, object]], constants: roofline.Constants | None) -> np.ndarray:
    """Return ln samples/s by the formula alone, (n,)."""
    if kind == "encoder" or constants is None:
        return np.array([_encoder_law(row) for row in rows])
    engines = serving_rows.engines(rows)
    return np.log(_whole_fleet(engines, constants) / engines["output_tokens"])


def _encoder_law(row: dict[str, object]) -> float:
    """ln of peak and power, weighed as the device law says, times devices."""
    weight, (peak, power) = device_scaling.law().peak_weight, serving_rows.encoder_law_inputs(row)
    return float(weight * np.log(peak) + (1 - weight) * np.log(power) + np.log(devices(row)))


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


def design(rows: list[dict[str, object]]) -> hierarchy.Design:
    """Return the effects of what is left: software and its age, scenario, device, precision, model, and pairs of them."""

    def text(row: dict[str, object], column: str) -> str:
        value = row.get(column)
        return value if isinstance(value, str) else ""

    groups = []
    for row in rows:
        model = main_name(row)
        family, gpu = text(row, "benchmark").split(" v")[0], text(row, "gpu")
        scenario = text(row, "scenario") if is_fleet(row) else ""
        software = text(row, "software").split(" ")[0].split(",")[0].lower()
        asked = f"{scenario} {model}" if scenario else ""
        pairs = [f"{family} {model}", asked, f"{gpu} {model} {family}", f"{gpu} {text(row, 'precision')}"]
        groups.append([scenario, gpu, _round(text(row, "benchmark")) if scenario else text(row, "benchmark"), software, *pairs])
    counts = np.log([devices(row) for row in rows]) - np.log(4)
    fleets = [float(is_fleet(row)) for row in rows]
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


def devices(row: dict[str, object]) -> float:
    """Return how many devices a row runs on, one where it does not say."""
    count = serving_rows.positive(row, "gpu_count")
    return count if np.isfinite(count) else 1.0


def is_fleet(row: dict[str, object]) -> bool:
    """Whether the row is run under MLPerf's rules; a plan that does not say so is one engine at its best rate."""
    return row.get("scenario") in serving_rows.FLEETS


def main_name(row: dict[str, object]) -> str:
    """Return the name under which the shape of the row's model is on file."""
    return serving_rows.model_names().get(str(row["model"]), str(row["model"]))
