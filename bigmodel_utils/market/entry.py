"""How to enter: subsidiary, partner, licence, joint venture or export, through one cash-flow engine on the same draws.

A mode changes the inputs of the venture by factors against an own subsidiary, and says how much of the cash is the
company's, how much later it starts, and how much say it keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message
from bigmodel_utils.units import MONTHS_PER_YEAR
from bigmodel_utils.value import venture

if TYPE_CHECKING:
    import pandas as pd

OWN = "own"
TITLES = {
    OWN: Message("Own subsidiary"),
    "partner": Message("Local partner"),
    "licence": Message("Licence with royalty"),
    "joint_venture": Message("Joint venture"),
    "export": Message("Export from home"),
}
_TERMS = {"ownership": (0.0, 1.0), "control": (0.0, 1.0), "delay_months": (0.0, 60.0)}
_SHARES = ("reachable_share", "long_run_share", "value_capture", "eligible_share")
_MEND = "data/facts/entry_modes.csv"


@dataclass(frozen=True)
class Mode:
    """A way to enter: `factors` on the venture's inputs, `ownership` of its cash, `delay_months`, `control` (0 to 1)."""

    name: str
    factors: Mapping[str, float]
    ownership: float = 1.0
    control: float = 1.0
    delay_months: float = 0.0

    def inputs(self, draws: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the draws of `venture.INPUTS` under this mode; shares stay at or below one."""
        changed = {name: draws[name] * self.factors.get(name, 1.0) for name in venture.INPUTS}
        return changed | {name: np.minimum(changed[name], 1.0) for name in _SHARES}


def modes(table: pd.DataFrame) -> list[Mode]:
    """Return the modes of a table with the columns of data/facts/entry_modes.csv.

    Raises MarketError for a mode or quantity without meaning, or a value outside its bounds.
    """
    found = []
    for name, rows in table.groupby("mode", sort=False):
        if name not in TITLES:
            raise MarketError(f"mode '{name}'", nearest(str(name), TITLES), _MEND)
        values = dict(zip(rows["quantity"], rows["value"].astype(float), strict=True))
        for quantity, value in values.items():
            _checked(str(name), quantity, value)
        terms = {quantity: values.pop(quantity) for quantity in _TERMS if quantity in values}
        found.append(Mode(str(name), values, **terms))
    return found


def compare(ways: list[Mode], draws: Mapping[str, np.ndarray], years: int) -> pd.DataFrame:
    """Return one row per mode, best median first: title, npv_low, npv_mid, npv_high (P10, P50, P90), gain, best,
    lowest_cash (median), control, delay_months, ownership. USD over a plan of `years`, delay included.

    `gain` is the chance of a positive net present value, `best` the chance that this mode beats all others and staying
    at home (worth 0) in the same future. Modes are valued on the same draws (`venture.INPUTS`, each (draws,)).
    """
    import pandas as pd

    values, rows = {}, []
    for way in ways:
        values[way.name], lowest = _worth(way, draws, years)
        low, mid, high = np.quantile(values[way.name], [0.1, 0.5, 0.9])
        gain = float(np.mean(values[way.name] > 0))
        rows.append(
            [way.name, TITLES[way.name].text, low, mid, high, gain, lowest, way.control, way.delay_months, way.ownership]
        )
    columns = ["mode", "title", "npv_low", "npv_mid", "npv_high", "gain", "lowest_cash", "control", "delay_months", "ownership"]
    frame = pd.DataFrame(rows, columns=columns)
    winner = np.argmax(np.stack([*values.values(), np.zeros(len(draws["discount_rate"]))]), axis=0)
    frame.insert(6, "best", [float(np.mean(winner == position)) for position in range(len(ways))])
    return frame.sort_values("npv_mid", ascending=False, kind="stable", ignore_index=True)


def start_later(draws: Mapping[str, np.ndarray], years: int, months: Sequence[int]) -> pd.DataFrame:
    """Return delay_months, npv_low, npv_mid, npv_high (USD, P10, P50, P90) of an own subsidiary that starts later.

    The plan still ends on the same day; rivals and costs are taken to stand still, so what waiting teaches is not in it.
    Raises MarketError for a delay beyond the plan.
    """
    import pandas as pd

    rows = []
    for delay in months:
        if not 0 <= delay < years * MONTHS_PER_YEAR:
            raise MarketError(
                f"a start in month {delay}", f"0 to {years * MONTHS_PER_YEAR - 1}", "the call of entry.start_later"
            )
        worth, _ = _worth(Mode(OWN, {}, delay_months=delay), draws, years)
        rows.append((delay, *np.quantile(worth, [0.1, 0.5, 0.9])))
    return pd.DataFrame(rows, columns=["delay_months", "npv_low", "npv_mid", "npv_high"])


def _worth(way: Mode, draws: Mapping[str, np.ndarray], years: int) -> tuple[np.ndarray, float]:
    # A late start loses its months at the end of the plan, where it would have earned most.
    months = max(years * MONTHS_PER_YEAR - round(way.delay_months), 0)
    cash = np.stack(venture.monthly_cash(way.inputs(draws), months)) * way.ownership
    later = (1 + draws["discount_rate"]) ** (-way.delay_months / MONTHS_PER_YEAR)
    lowest = np.minimum(0, np.cumsum(cash, axis=0).min(axis=0))
    return venture.net_present_value(cash, draws["discount_rate"]) * later, float(np.median(lowest))


def _checked(mode: str, quantity: str, value: float) -> None:
    allowed = (*_TERMS, *venture.INPUTS)
    if quantity not in allowed:
        raise MarketError(f"{mode}: '{quantity}'", nearest(quantity, allowed), _MEND)
    low, high = _TERMS.get(quantity, (0.0, 100.0))
    if not low <= value <= high:
        raise MarketError(f"{mode}: {quantity} = {value:g}", f"between {low:g} and {high:g}", _MEND)
