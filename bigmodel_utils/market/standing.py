"""How the venture stands by the run's own figures: strengths and threats with their numbers, and the cases it resembles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bigmodel_utils import facts
from bigmodel_utils.market import cases, competition, outlook, rivals
from bigmodel_utils.market.competition import Comparison
from bigmodel_utils.market.policy import Burden
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

# Months to settle rules: a quarter is a detail of the plan, a year decides it.
_QUICK, _SLOW = 3.0, 12.0
# Price over cost of serving: below one each sale loses, from three on there is room for the rest of the company.
_LOSING, _ROOMY = 1.0, 3.0
# Our figure, whether more is better, and how it is written.
_ACCURACY = ("accuracy_target_b", True, "percent1")
_MARGIN = ("price_per_thousand", True, "money")
_PRICE = ("price_per_thousand", False, "money")


def swot(scenario: Scenario, figures: Mapping[str, Quantity]) -> pd.DataFrame:
    """Return quadrant, figure, ratio, line (see `competition.swot`) from measured figures and fact rows.

    `figures` are those of the evaluation and value pages; a comparison whose figures are missing is left out.
    """
    accuracy, price = Message("Accuracy in the market"), Message("Price of 1,000 {items}")
    pairs = [
        ("simple_model", accuracy, Message("a simple model"), *_ACCURACY, "accuracy_target_rival"),
        ("unadapted", accuracy, Message("the model as it is"), *_ACCURACY, "accuracy_target_a"),
        ("people", price, Message("reading by people"), *_PRICE, "people_usd_per_thousand"),
        ("serving", price, Message("the cost of serving them"), *_MARGIN, "serving_usd_per_thousand"),
    ]
    found = [
        Comparison(name, title, figures[ours].mid, figures[theirs].mid, higher, True, spec, beside)
        for name, title, beside, ours, higher, spec, theirs in pairs
        if ours in figures and theirs in figures
    ]
    return competition.swot(found + _outside(scenario, figures))


def _outside(scenario: Scenario, figures: Mapping[str, Quantity]) -> list[Comparison]:
    target = scenario.target_market.country
    ranking = outlook.markets(scenario).table
    growth = facts.load("countries").set_index("iso3")["gdp_nominal_usd_cagr_pct_5y"]
    middle = (len(ranking) + 1) // 2
    growing, rank = Message("Growth of the country's economy, % a year"), Message("Rank among markets")
    found = [
        Comparison(
            "growth", growing, growth[target], growth.median(), True, False, beside=Message("the middle of all countries")
        ),
        Comparison("rank", rank, ranking.loc[target, "rank"], middle, False, False, "integer", Message("the middle")),
    ]
    here = rivals.offered_in(target)
    if len(here) and "price_per_thousand" in figures:
        ours, cheapest = figures["price_per_thousand"].mid, here["usd_per_thousand"].min()
        beside = Message("the cheapest programming interface")
        found.append(Comparison("interface", Message("Price of 1,000 {items}"), ours, cheapest, False, True, "money", beside))
    burden, _ = outlook.rules(scenario)
    if burden.known:
        title = Message("Months to meet the rules")
        found.append(Comparison("rules", title, burden.delay_months[1], _QUICK, False, False, beside=Message("a quarter")))
    return [item for item in found if item.ours == item.ours and item.theirs == item.theirs]  # an unknown is not compared


def answers(scenario: Scenario, figures: Mapping[str, Quantity], burden: Burden) -> dict[str, int | None]:
    """Return the venture's score on each of `cases.FACTORS` as far as the run knows it; None is to be asked for."""
    known: dict[str, int | None] = dict.fromkeys(cases.FACTORS)
    provider, region, instance = scenario.compute.cpu.split("/")
    priced = facts.row("cpu_cloud_prices", provider=provider, region=region, instance_type=instance)
    known["compute"] = int(priced["verified"] == "yes")
    if "gain_b_over_a" in figures and figures["gain_b_over_a"].low is not None:
        gain = figures["gain_b_over_a"]
        known["local_proof"] = 1 if gain.low > 0 else -1 if gain.high < 0 else 0
    if burden.closed:
        known["permission"] = -1
    elif burden.known:
        known["permission"] = cases.graded(burden.delay_months[1], bad=_SLOW, good=_QUICK)
    if "price_per_thousand" in figures and "serving_usd_per_thousand" in figures:
        serving = figures["serving_usd_per_thousand"].mid
        if serving > 0:
            known["margin"] = cases.graded(figures["price_per_thousand"].mid / serving, bad=_LOSING, good=_ROOMY)
    return known


def lessons(
    scenario: Scenario, figures: Mapping[str, Quantity], told: Mapping[str, int] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return (factor by company and venture, companies by likeness with their lesson, factors still to be asked).

    `told` answers what the run cannot know and overrides what it can; scores are -1, 0 or 1.
    """
    burden, _ = outlook.rules(scenario)
    known = answers(scenario, figures, burden) | dict(told or {})
    table = cases.compare(facts.load("case_factors"), known)
    closest = cases.closest(table, facts.load("cases"))
    return table, closest, [factor for factor, score in known.items() if score is None]
