"""The size of a scenario's target market, counted from two ends with one set of draws, and its adoption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.market import adoption, size
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import MONTHS_PER_YEAR, Quantity
from bigmodel_utils.value import uncertainty
from bigmodel_utils.value.errors_to_money import reading_usd_per_thousand

if TYPE_CHECKING:
    import pandas as pd

INPUTS = (
    "online_merchants", "eligible_share", "reviews_per_merchant_month", "parcels_per_year", "reviewed_share",
    "eligible_parcel_share", "reachable_share", "long_run_share", "adoption_p", "adoption_q",
    "reviewer_wage_usd_hour", "reviews_read_per_hour", "value_capture",
)  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """`table`: measure, method, low, mid, high (USD a year); `adoption`: year, low, mid, high (merchants)."""

    table: pd.DataFrame
    adoption: pd.DataFrame
    figures: dict[str, Quantity]
    agreement: Message

    @property
    def finding(self) -> Message:
        """The page's answer."""
        return Message(
            "Within reach the market is worth {sam:money} a year; 8 in 10 futures: {low:money} to {high:money}. "
            "By the last year of the plan {merchants:integer} {customers} would have come. {agreement}",
            sam=self.figures["sam_usd_year"],
            low=self.figures["sam_usd_year"].low,
            high=self.figures["sam_usd_year"].high,
            merchants=float(f"{self.figures['merchants_final_year'].mid:.2g}"),  # a forecast is no sharper
            agreement=self.agreement,
        )


def estimate(scenario: Scenario) -> Estimate:
    """Return the market's size and adoption under the scenario's assumptions (P10, P50, P90 over its draws).

    The price is what people's reading costs times the share that may be charged: an upper bound, since no error of
    the model is counted yet. Raises ScenarioError when an assumption is missing.
    """
    marginals, pairs = uncertainty.of_scenario(scenario, INPUTS), uncertainty.correlated(scenario)
    x = uncertainty.draw(marginals, scenario.decision.draws, scenario.seed, pairs)
    price = x["value_capture"] * reading_usd_per_thousand(x["reviewer_wage_usd_hour"], x["reviews_read_per_hour"]) / 1000
    years = scenario.decision.horizon_years
    adopted = adoption.cumulative(years, x["adoption_p"], x["adoption_q"])
    share = (price, x["reachable_share"], x["long_run_share"], adopted)
    bottom_up = size.market_size(
        x["online_merchants"], x["eligible_share"], x["reviews_per_merchant_month"] * MONTHS_PER_YEAR, *share
    )
    top_down = size.market_size(x["parcels_per_year"], x["reviewed_share"] * x["eligible_parcel_share"], 1, *share)
    pooled = size.pool_sizes(top_down, bottom_up)
    ratio, sentence = size.reconcile(top_down.tam, bottom_up.tam)
    potential = x["online_merchants"] * x["eligible_share"] * x["reachable_share"] * x["long_run_share"]
    table = size.table({"top_down": top_down, "bottom_up": bottom_up, "pooled": pooled})
    fan = adoption.fan(years, x["adoption_p"], x["adoption_q"], potential)
    figures = _figures(table, fan, ratio, np.divide(top_down.tam, bottom_up.tam))
    figures["price_per_text"] = _estimated(*np.quantile(price, [0.1, 0.5, 0.9]), "USD per text")
    return Estimate(table, fan, figures, sentence)


def _figures(table: pd.DataFrame, fan: pd.DataFrame, ratio: float, ratios: np.ndarray) -> dict[str, Quantity]:
    pooled = table[table["method"] == "pooled"].set_index("measure")
    found = {
        f"{measure}_usd_year": _estimated(*pooled.loc[measure, ["low", "mid", "high"]], "USD per year")
        for measure in pooled.index
    }
    low, high = np.quantile(ratios, [0.1, 0.9])
    found["size_ratio"] = _estimated(min(low, ratio), ratio, max(high, ratio), "ratio")
    found["merchants_final_year"] = _estimated(*fan.iloc[-1][["low", "mid", "high"]], "merchants")
    return found


def _estimated(low: float, mid: float, high: float, unit: str) -> Quantity:
    source, method = "assumptions of the scenario", "P10, P50, P90 over joint draws"
    return Quantity.estimated(low, mid, high, unit, source=source, method=method)
