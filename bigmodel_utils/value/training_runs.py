"""Published training runs, made comparable: FLOP, dense 16-bit peak, and the utilisation that they really had.

Utilisation is 6 N D / (chip-hours x peak): N the ACTIVE parameters, D the tokens SEEN, peak DENSE (no
sparsity) at 16 bit (8 bit gains little and counts as 16), hours wall-clock.
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
_FLOP_WHERE_FEW_LEARN = {  # of the backward 4, 2 are for weights that learn and 2 for those before them
    r"lora|adapter|peft": 4,
    r"frozen|linear prob": 2,
}
_ADAPTATION = re.compile(r"fine|tun|sft|instruct|lora|adapt|peft|rlhf|dpo|frozen|linear prob", re.I)
SIXTEEN_BIT = "bf16_fp16_dense_tflops"
_WIDTHS = {
    SIXTEEN_BIT: r"16|half|mixed|amp|(?<!\d)[48](?!\d)",
    "fp32_dense_tflops": r"32|single",
}  # first match counts
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
MOST = {  # beyond lie counts of single tokens
    "params_total_b": (1e5, "billions"),
    "params_active_b": (1e5, "billions"),
    "tokens_b": (1e6, "billions"),
    "training_flops_reported": (1e30, "operations of the whole run"),
}
_NUMBER = re.compile(r"^([+-]?\d*\.?\d+(?:e[+-]?\d+)?)\s*([kmbt])?(?:r?illion)?\+?\s*(?:tokens|params|parameters)?$", re.I)
_SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


@cache
def back_test() -> pd.DataFrame:
    """Return the runs that an estimate can be tested on: known active parameters, tokens, hours and hardware.

    Columns of training_runs and `flop`, those of `with_peak`, `utilisation`. Runs whose FLOP the source
    derived from the hours, and encoder-decoders (6 N D is not theirs), are left out: testing on them is circular. So are runs at 32 bit, which use other units of a chip.
    """
    runs = with_peak(facts.load("training_runs"))
    flop = FLOP_PER_PARAMETER_TOKEN * runs["params_active_b"] * runs["tokens_b"] * 1e18
    sixteen_bit = runs["precision"].map(width_of) == SIXTEEN_BIT
    counted = flop.notna() & (runs["architecture"] != "encoder-decoder")
    known = counted & sixteen_bit & runs["chip_hours"].notna() & runs["peak_flops"].notna()
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
    return runs.assign(peak_flops=runs["hardware"].map(specs[SIXTEEN_BIT]) * 1e12, vendor=runs["hardware"].map(specs["vendor"]))


def width_flops(run: dict[str, object]) -> float:
    """Return the dense FLOP/s of one chip of a plan at its precision, NaN where that is not known."""
    row = facts.row("gpu_specs", gpu=hardware.named(run["hardware"]))
    return float(row[width_of(run.get("precision"))]) * 1e12


def width_of(precision: object) -> str | None:
    """Return the column of gpu_specs with the peak at a `precision`, 16 bit where it is not told, or None where it cannot be read."""
    told = "" if precision is None or precision != precision else str(precision).strip().lower()
    return next((width for width, pattern in _WIDTHS.items() if re.search(pattern, told or "16")), None)


def reason_against(run: dict[str, object]) -> str | None:
    """Return why the chip-hours of a planned run cannot be estimated, or None when they can."""
    if reason := hardware.reason_against(run.get("hardware")):
        return reason
    architecture = str(run.get("architecture") or "")
    if architecture_of(run) is None:
        return f"architecture '{architecture}' is not known; {nearest(architecture, ARCHITECTURES)}"
    width = width_of(run.get("precision"))
    if width is None:
        given = str(run["precision"])
        return f"precision '{given}' is not known; {nearest(given, ('bf16', 'fp16', 'fp8', 'tf32', 'fp32'))}"
    if not width_flops(run) > 0:
        return f"no 32-bit peak is known for {hardware.named(run['hardware'])}"
    for column, (most, counted) in MOST.items():
        if positive(run, column) > most:
            return f"{column} is {positive(run, column):g}, more than any model's; it counts {counted}"
    if positive(run, "params_active_b") > positive(run, "params_total_b"):
        return "params_active_b exceeds params_total_b, of which it is a part"
    if not np.isfinite(matrix_flop(run)):
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


def matrix_flop(run: dict[str, object]) -> float:
    """Return the FLOP of a plan in its weights: 6 N D (less where few of them learn), else the FLOP it states, else NaN."""
    counted = flop_per_parameter_token(run) * active_parameters_b(run) * positive(run, "tokens_b") * 1e18
    return counted if np.isfinite(counted) else positive(run, "training_flops_reported")


def flop_per_parameter_token(run: dict[str, object]) -> int:
    """Return 6, or 4 where the `stage` names an adapter (the weights below it still pass gradients on), or 2 for a frozen model."""
    stage = str(run.get("stage") or "").lower()
    return next((flop for word, flop in _FLOP_WHERE_FEW_LEARN.items() if re.search(word, stage)), FLOP_PER_PARAMETER_TOKEN)


def is_adaptation(run: dict[str, object]) -> bool:
    """Return whether the `stage` is one of fitting a finished model to a task: no such run is in the back-test."""
    return bool(_ADAPTATION.search(str(run.get("stage") or "")))


def like_no_tested(run: dict[str, object]) -> str | None:
    """Return in what a plan differs from every run of the back-test, or None."""
    if is_adaptation(run):
        return "no run that adapts a finished model was tested"
    return None if width_of(run.get("precision")) == SIXTEEN_BIT else "no run at 32 bit was tested"


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
