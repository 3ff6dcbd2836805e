"""A planner's door to the estimators: a table of plans in, the same table with estimates out. No row is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from bigmodel_utils import artifacts, paths
from bigmodel_utils.errors import nearest
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import device_scaling, serving_plan, serving_rows, serving_throughput, training_cost
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    import pandas as pd

What = Literal["training", "serving"]
ADDED = ("low", "mid", "high", "unit", "rung", "reason")
MEASURED = {  # columns that hold the answer in a table of past runs: a plan is estimated without looking at them
    "training": (
        "chip_hours",
        "chip_hours_basis",
        "wall_hours",
        "mfu_reported_pct",
        "cost_usd_reported",
        "energy_mwh_reported",
    ),
    "serving": ("output_tokens_per_s", "samples_per_s", "system_wall_power_w_avg"),
}


def estimate_file(what: What, plan: Path, out: Path) -> int:
    """Write the plan at `plan` with estimates to `out` (CSV); return how many rows could be estimated.

    Raises ValueRefused for a file that is missing, empty or no CSV in UTF-8; `out` is then left as it was.
    """
    _door(what)
    table = estimate(what, read_plan(plan))
    artifacts.write_atomic(out, table.to_csv(index=False, lineterminator="\n"))
    return int((table["mid"] != "").sum())


def read_plan(plan: Path) -> pd.DataFrame:
    """Return the plan as text, cell for cell as it stands in the file."""
    import pandas as pd

    try:
        return pd.read_csv(plan, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        folder = plan.parent if plan.parent.is_dir() else Path()
        raise ValueRefused(
            f"plan {paths.shown(plan)}", nearest(plan.name, (p.name for p in folder.glob("*.csv"))), "the path"
        ) from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        raise ValueRefused(f"{paths.shown(plan)}: {error}", "a CSV table in UTF-8 with a header", paths.shown(plan)) from None


def estimate(what: What, plan: pd.DataFrame) -> pd.DataFrame:
    """Return `plan` with columns low, mid, high, unit, rung and reason; a row has estimates or a reason.

    Units: chip-hours; or output tokens/s where the row's output_tokens are known, else samples/s (over all its devices).
    """
    door = _door(what)
    known = plan.drop(columns=[c for c in (*ADDED, *MEASURED[what]) if c in plan])
    rows = [_estimated(door, row) for row in known.to_dict("records")]
    kept = plan.drop(columns=[c for c in ADDED if c in plan])
    return kept.assign(**{column: [row[column] for row in rows] for column in ADDED})


def _door(what: str) -> Callable[[dict[str, object]], Quantity]:
    doors = {"training": training_cost.chip_hours, "serving": _served}
    if what not in doors:
        raise ValueRefused(f"estimate '{what}'", nearest(what, doors), "the command")
    return doors[what]


def back_test(what: What) -> pd.DataFrame:
    """Return how far the estimates behind this door were off on published rows that they had not seen."""
    return training_cost.back_test_table() if what == "training" else serving_throughput.back_test_table()


def _estimated(door: Callable[[dict[str, object]], Quantity], row: dict[str, object]) -> dict[str, str]:
    given = {column: value.strip() if isinstance(value, str) else value for column, value in row.items()}
    try:
        found = door(given)
    except ValueRefused as refusal:
        return dict.fromkeys(ADDED, "") | {"reason": refusal.allowed}
    ends = {"low": found.low, "mid": found.mid, "high": found.high}
    rung, _, why = found.method.partition(": ")
    return {name: f"{value:.6g}" for name, value in ends.items()} | {
        "unit": found.unit,
        "rung": rung.removeprefix("rung "),
        "reason": why,
    }


def _served(row: dict[str, object]) -> Quantity:
    samples = serving_throughput.rate(row)
    tokens = serving_rows.positive(row, "output_tokens")
    if serving_plan.read(row)["model"] == device_scaling.ENCODER or not np.isfinite(tokens):
        return samples
    return samples.scaled(tokens, "output tokens/s")
