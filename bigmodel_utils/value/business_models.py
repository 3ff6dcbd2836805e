"""Ways to be paid, side by side on one cash-flow engine and the same draws.

A business model multiplies inputs of the venture (data/facts/business_models.csv, against pay per use); with
`flat_fee` a customer pays the fee of the middle volume, whatever the volume. Licence and joint venture change who
enters, not how one is paid: see `market.entry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.errors import nearest
from bigmodel_utils.messages import Message
from bigmodel_utils.value import investment, refusals, simulation, unit_economics, venture

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "usage": Message("Pay per use"),
    "subscription": Message("Subscription"),
    "contract": Message("Contract with large brands"),
    "open_core": Message("Open core"),
    "consumer": Message("Consumer app"),
}
FLAT_FEE = "flat_fee"
_MEND = "data/facts/business_models.csv"
_SHARES = ("eligible_share", "reachable_share", "long_run_share", "value_capture", "merchant_churn_year")


def models() -> dict[str, dict[str, float]]:
    """Return the factors of each business model by input name; raises ValueRefused for an unknown model or input."""
    found: dict[str, dict[str, float]] = {}
    for row in facts.load("business_models").to_dict("records"):
        if row["model"] not in TITLES:
            raise refusals.ValueRefused(f"business model '{row['model']}'", nearest(row["model"], TITLES), _MEND)
        if row["input"] not in (*venture.INPUTS, FLAT_FEE):
            raise refusals.ValueRefused(f"input '{row['input']}'", nearest(row["input"], venture.INPUTS), _MEND)
        refusals.not_negative(factor=row["factor"])
        found.setdefault(row["model"], {})[row["input"]] = float(row["factor"])
    return found


def inputs(draws: Mapping[str, np.ndarray], factors: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the venture's draws under a business model; shares stay below one.

    A flat fee is a price per item that falls as volume rises: the captured part is scaled by middle over drawn volume,
    up to the whole saving, beyond which no customer pays.
    """
    changed = {name: draws[name] * factors.get(name, 1.0) for name in venture.INPUTS}
    if FLAT_FEE in factors:
        volume = changed["reviews_per_merchant_month"]
        changed["value_capture"] = changed["value_capture"] * np.median(volume) / volume
    return changed | {name: np.minimum(changed[name], 0.99) for name in _SHARES}


def compare(draws: Mapping[str, np.ndarray], years: int) -> pd.DataFrame:
    """Return one row per business model, best median first.

    Columns: model, title, npv_low, npv_mid, npv_high (P10, P50, P90, USD), gain (chance of it), lowest_cash (median), and of
    one customer at the median: revenue_month, gross_margin, lifetime_value, acquisition, months_to_recover (USD, months).
    """
    import pandas as pd

    rows = []
    for name, factors in models().items():
        x = inputs(draws, factors)
        paths = simulation.run(x, years)
        low, mid, high = np.percentile(paths.npv, (10, 50, 90))
        rows.append(
            {"model": name, "title": TITLES[name].text, "npv_low": low, "npv_mid": mid, "npv_high": high}
            | {"gain": float(np.mean(paths.npv > 0)), "lowest_cash": float(np.median(paths.lowest))}
            | customer({key: float(np.median(values)) for key, values in x.items()})
        )
    return pd.DataFrame(rows).sort_values("npv_mid", ascending=False, kind="stable", ignore_index=True)


def customer(x: Mapping[str, float]) -> dict[str, float]:
    """Return one customer's money: revenue_month, gross_margin, lifetime_value, acquisition, months_to_recover.

    NaN where a customer brings no revenue, and no months where the cost of winning one is never recovered.
    """
    price, serving = float(venture.price_usd_per_thousand(x)), float(venture.serving_usd_thousand(x))
    revenue = price * x["reviews_per_merchant_month"] / 1000
    known = {"revenue_month": revenue, "acquisition": x["merchant_acquisition_usd"]}
    if price <= 0:
        return known | dict.fromkeys(("gross_margin", "lifetime_value", "months_to_recover"), float("nan"))
    margin = unit_economics.gross_margin(price, serving)
    churn, discount = -investment.monthly(-x["merchant_churn_year"]), investment.monthly(x["discount_rate"])
    months = unit_economics.months_to_recover(x["merchant_acquisition_usd"], revenue, margin)
    return known | {
        "gross_margin": margin,
        "lifetime_value": unit_economics.lifetime_value(revenue, margin, churn, discount),
        "months_to_recover": float("nan") if months is None else months,
    }
