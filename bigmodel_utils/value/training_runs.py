"""Published training runs, made comparable: FLOP, dense 16-bit peak, and the utilisation that they really had.

Utilisation is 6 N D / (chip-hours x peak): N the ACTIVE parameters, D the tokens SEEN, peak DENSE (no
sparsity), hours wall-clock. Where the record itself states FLOP and no tokens, its FLOP stand in.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import SECONDS_PER_HOUR
from bigmodel_utils.value import hardware
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    import pandas as pd

FLOP_PER_PARAMETER_TOKEN = 6  # forward 2, backward 4 (Kaplan et al. 2020)
PLAUSIBLE_UTILISATION = (0.005, 0.9)  # beyond lies a corpus size taken for tokens seen, or a peak with sparsity
_ARCHITECTURE_WORDS = {  # first match counts
    "moe": r"\bmoe|mixture|sparse|expert|switch",
    "encoder-decoder": r"enc\w*[\s_/+-]*dec|seq2seq|\bt5",
    "encoder": r"encoder|bert|masked|\bmlm",
    "ssm": r"\bssm|mamba|state[\s-]space|rwkv|recurrent",
    "dense": r"dense|decoder|transformer|causal|\bgpt|llama|hybrid|autoregressive",
}
ARCHITECTURES = tuple(_ARCHITECTURE_WORDS)
SPARSE_BELOW = 0.8  # active over all parameters
MOST_BILLIONS = {"params_total_b": 1e5, "params_active_b": 1e5, "tokens_b": 1e6}  # beyond lie counts of single tokens
_NUMBER = re.compile(r"^([+-]?\d*\.?\d+(?:e[+-]?\d+)?)\s*([kmbt])?(?:r?illion)?\+?\s*(?:tokens|params|parameters)?$", re.I)
_SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


@cache
def back_test() -> pd.DataFrame:
    """Return the runs that an estimate can be tested on: known active parameters, tokens, hours and hardware.

    Columns of training_runs and `flop`, `peak_flops` (per chip), `vendor`, `utilisation`. Runs whose FLOP the source
    derived from the hours, and encoder-decoders (6 N D is not theirs), are left out: testing on them is circular.
    """
    runs = with_peak(facts.load("training_runs"))
    flop = FLOP_PER_PARAMETER_TOKEN * runs["params_active_b"] * runs["tokens_b"] * 1e18
    known = flop.notna() & runs["chip_hours"].notna() & runs["peak_flops"].notna() & (runs["architecture"] != "encoder-decoder")
    tested = runs.assign(flop=flop)[known].reset_index(drop=True)
    tested["utilisation"] = tested["flop"] / (tested["chip_hours"] * SECONDS_PER_HOUR * tested["peak_flops"])
    return plausible(tested)


def plausible(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `runs` unchanged; raises ValueRefused naming the first whose utilisation cannot be true."""
    low, high = PLAUSIBLE_UTILISATION
    wrong = ~runs["utilisation"].between(low, high)
    if wrong.any():
        run = runs[wrong].iloc[0]
        raise ValueRefused(
            f"{run['model']}: utilisation {run['utilisation']:.3f}",
            f"between {low} and {high}: tokens seen (not corpus), active parameters, hours of the whole run, dense peak",
            "data/facts/training_runs.csv",
        )
    return runs


def with_peak(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `runs` with `peak_flops` (dense 16-bit FLOP/s per chip) and `vendor`; empty where the hardware is not known."""
    specs = facts.load("gpu_specs").set_index("gpu")
    return runs.assign(
        peak_flops=runs["hardware"].map(specs["bf16_fp16_dense_tflops"]) * 1e12, vendor=runs["hardware"].map(specs["vendor"])
    )


def reason_against(run: dict[str, object]) -> str | None:
    """Return why the chip-hours of a planned run cannot be estimated, or None when they can."""
    if reason := hardware.reason_against(run.get("hardware")):
        return reason
    architecture = str(run.get("architecture") or "")
    if architecture_of(run) is None:
        return f"architecture '{architecture}' is not known; {nearest(architecture, ARCHITECTURES)}"
    for column, most in MOST_BILLIONS.items():
        if positive(run, column) > most:
            return f"{column} is {positive(run, column):g}, more than any model's; it counts billions"
    if positive(run, "params_active_b") > positive(run, "params_total_b"):
        return "params_active_b exceeds params_total_b, of which it is a part"
    if not np.isfinite(planned_flop(run)):
        return _missing_size(run)
    return None


def architecture_of(run: dict[str, object]) -> str | None:
    """Return the architecture of a plan in the words of ARCHITECTURES, or None where it cannot be read.

    Without a word for it, a model is sparse where fewer parameters are active than there are.
    """
    given = str(run.get("architecture") or "").lower()
    for architecture, pattern in _ARCHITECTURE_WORDS.items():
        if re.search(pattern, given):
            return architecture
    if given:
        return None
    return "moe" if positive(run, "params_active_b") < SPARSE_BELOW * positive(run, "params_total_b") else "dense"


def planned_flop(run: dict[str, object]) -> float:
    """Return the FLOP of a planned run: 6 N D, else the FLOP it states, else NaN."""
    counted = FLOP_PER_PARAMETER_TOKEN * active_parameters_b(run) * positive(run, "tokens_b") * 1e18
    return counted if np.isfinite(counted) else positive(run, "training_flops_reported")


def active_parameters_b(run: dict[str, object]) -> float:
    """Return the parameters that a token passes through, 10^9; all of them where the model is not sparse."""
    active = positive(run, "params_active_b")
    if np.isfinite(active):
        return active
    if architecture_of(run) == "moe":
        return active_in_name(run)
    return positive(run, "params_total_b")


def active_in_name(run: dict[str, object]) -> float:
    """Return the active parameters, 10^9, that a name such as "Qwen3-235B-A22B" states, else NaN."""
    named = re.search(r"\bA(\d+(?:\.\d+)?)B\b", str(run.get("model") or ""))
    return float(named.group(1)) if named else float("nan")


def positive(run: dict[str, object], column: str) -> float:
    """Return a positive number of the plan, or NaN: absent, empty, not a number, zero and negative are all unknown.

    "1,400", "~15" and "15T" are read; a suffix counts in units of the column (10^9 where its name ends in _b).
    """
    text = str(run.get(column, "")).strip().lstrip("~≈<>=").replace(",", "").replace("_", "")
    parts = _NUMBER.match(text.strip())
    if parts is None:
        return float("nan")
    unit = _SUFFIXES[parts.group(2).upper()] if parts.group(2) else None
    value = float(parts.group(1)) * (1.0 if unit is None else unit / (1e9 if column.endswith("_b") else 1.0))
    return value if value > 0 and np.isfinite(value) else float("nan")


def _missing_size(run: dict[str, object]) -> str:
    columns = ("params_active_b" if architecture_of(run) == "moe" else "params_active_b or params_total_b", "tokens_b")
    sizes = (active_parameters_b(run), positive(run, "tokens_b"))
    missing = [column for column, size in zip(columns, sizes, strict=True) if not np.isfinite(size)]
    return f"needs {' and '.join(missing)} above 0 (or training_flops_reported)"
