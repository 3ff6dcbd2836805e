"""Which form of the model to serve: the cheapest that keeps the accuracy and the latency that the scenario asks for.

Prices that lie close are one price: which of them is lower depends on what else the machine did while they were measured.
So of the forms within a quarter of the quickest the most accurate is chosen, of equals the smallest: that does not change from
one run to the next. Their speeds come from the same texts, timed in turn, the fastest part of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.deployment.menu import BASELINE, named
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import compute_cost
from bigmodel_utils.value.errors_to_money import errors_usd_per_thousand

if TYPE_CHECKING:
    import pandas as pd

ALIKE = 1.25  # times the cheapest: prices up to here are one price


@dataclass(frozen=True)
class Choice:
    """`row` is the chosen variant's line of the priced frontier, `baseline` that of M_B as it was trained.

    `point_usd` is what a percentage point of accuracy costs on 1,000 items, in errors.
    """

    row: Mapping[str, Any]
    baseline: Mapping[str, Any]
    point_usd: float
    limit_points: float

    @property
    def name(self) -> str:
        return str(self.row["variant"])

    @property
    def saving_usd(self) -> float:
        """Computing saved on 1,000 items against M_B as it was trained, USD."""
        return float(self.baseline["usd_per_thousand"] - self.row["usd_per_thousand"])

    @property
    def is_worse(self) -> bool:
        """Whether the paired test shows a loss of accuracy."""
        return self.row["difference_high"] < 0


def priced(frontier: pd.DataFrame, machine: Mapping[str, Any], scenario: Scenario) -> pd.DataFrame:
    """Return `frontier` with usd_per_thousand, usd_low and usd_high: computing for 1,000 items on the scenario's machine.

    frontier: variant, rate, rate_low, rate_high (items/s). machine: device and cores on which the rates were measured.
    Raises ValueRefused as `compute_cost.serving_on`.
    """
    costs = []
    for row in frontier.to_dict("records"):
        rate = Quantity(
            mid=row["rate"], low=row["rate_low"], high=row["rate_high"], unit="texts/s", origin="measured", source="this run"
        )
        costs.append(compute_cost.serving_on(scenario, rate, machine["device"], machine["cores"]))
    return frontier.assign(
        usd_per_thousand=[cost.mid for cost in costs],
        usd_low=[cost.low for cost in costs],
        usd_high=[cost.high for cost in costs],
    )


def choose(frontier: pd.DataFrame, scenario: Scenario) -> Choice:
    """Return the cheapest variant of a priced frontier that loses at most `deployment.most_points_lost` and answers in time.

    Of those about as cheap it is the one that is right most often, and of equals the smallest. A single text alone must be
    answered within `deployment.latency_p95_ms`; when none is, the quickest one stands in.
    """
    settings = scenario.deployment
    kept = frontier[frontier["difference"] * 100 >= -settings.most_points_lost - 1e-9]  # the baseline itself loses nothing
    timely = kept[kept["latency_p95_ms"] <= settings.latency_p95_ms]
    cheap = timely[ALIKE * timely["speedup"] >= timely["speedup"].max()]
    best = cheap.sort_values(["difference", "size_mb"], ascending=[False, True])
    row = kept.loc[kept["latency_p95_ms"].idxmin()] if timely.empty else best.iloc[0]
    start = frontier.set_index("variant", drop=False).loc[BASELINE]
    return Choice(row.to_dict(), start.to_dict(), point_usd_per_thousand(scenario), settings.most_points_lost)


def point_usd_per_thousand(scenario: Scenario) -> float:
    """Return what one point less, of events found and of others left in peace, costs on 1,000 items, USD."""
    share, missed, needless = (
        scenario.assumption(name).mid for name in ("complaint_share", "missed_complaint_usd", "needless_contact_usd")
    )
    return errors_usd_per_thousand(share, 0.99, 0.01, missed, needless)


def finding(choice: Choice, sustained: Quantity) -> Message:
    """Return what is served, what that gains, and what it loses."""
    loss = Message("a loss of accuracy is not shown (paired test)")
    if choice.is_worse:
        loss = Message("accuracy falls by {points:number1} points (paired test)", points=-100 * choice.row["difference"])
    elif choice.row["difference_low"] > 0:
        loss = Message("accuracy rises by {points:number1} points (paired test)", points=100 * choice.row["difference"])
    return Message(
        "Served is the {name} form: {times:number1} times as fast as the model as trained, {share:percent} of its size; {loss}. "
        "A server on this machine holds {rate:number1} requests a second within the promised time.",
        name=named(choice.name),
        times=choice.row["speedup"],
        share=choice.row["size_mb"] / choice.baseline["size_mb"],
        loss=loss,
        rate=sustained,
    )
