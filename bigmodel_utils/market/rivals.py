"""Whom the target market would choose: our offer, its rivals, its own staff, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, competition, outlook
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.value.errors_to_money import reading_usd_per_thousand
from bigmodel_utils.value.validity import refuse_aged

if TYPE_CHECKING:
    import pandas as pd

US, STAFF, NOTHING = Message("This venture").text, Message("Own staff read").text, Message("Nothing").text
_TASTE = ("constant", "log_price", "local_hosting", "local_language", "ready_to_use", "dissimilarity", "quality")
_PEOPLE = ("complaint_share", "human_recall", "human_false_alarm_rate")


def shares(scenario: Scenario, usd_per_thousand: float, accuracy: float | None = None) -> pd.DataFrame:
    """Return offer, usd_per_thousand, low, mid, high: shares of choices in the target market at our price, and of none.

    Nested logit over joint draws of the preferences in data/facts/ranges.csv (`choice_…`); P10, P50, P90.
    Rivals from data/facts/rivals.csv, own staff at the scenario's wage. `accuracy`: our measured share of right answers; whose
    quality is not known has one drawn from `quality_unknown`. Raises MarketError unless the price is above zero, ValueRefused for
    a rival's price too old for the plan.
    """
    import pandas as pd

    offers = _offers(scenario, usd_per_thousand, accuracy)
    taste = {name: _drawn(f"choice_{name}", scenario, place) for place, name in enumerate(_TASTE)}
    dissimilarity, weight = taste.pop("dissimilarity"), taste.pop("quality")
    utility = competition.utilities(offers, taste) + weight[:, None] * _qualities(offers["quality"], scenario)
    split = competition.nested_shares(utility, offers["nest"], dissimilarity)
    low, mid, high = np.quantile(split, [0.1, 0.5, 0.9], axis=0)
    prices = [*offers["usd_per_thousand"], None]
    return pd.DataFrame({"offer": [*offers.index, NOTHING], "usd_per_thousand": prices, "low": low, "mid": mid, "high": high})


def offered_in(country: str) -> pd.DataFrame:
    """Return the rows of data/facts/rivals.csv that stand for a country or for everywhere."""
    table = facts.load("rivals")
    return table[table["country_iso3"].isna() | (table["country_iso3"] == country)]


def _qualities(known: pd.Series, scenario: Scenario) -> np.ndarray:
    """Shares of right answers beyond the usual one, (draws, offers): as known, else drawn anew for each offer."""
    usual = facts.as_range("quality_unknown")["mid"]
    drawn = [_drawn("quality_unknown", scenario, len(_TASTE) + place) for place in range(len(known))]
    return np.where(known.isna(), np.stack(drawn, axis=1), known.to_numpy(float)) - usual


def price_response(scenario: Scenario, prices: Sequence[float], accuracy: float | None = None) -> pd.DataFrame:
    """Return usd_per_thousand, low, mid, high: our share of choices at each price, the rivals standing still."""
    import pandas as pd

    ours = [shares(scenario, price, accuracy).set_index("offer").loc[US, ["low", "mid", "high"]] for price in prices]
    return pd.DataFrame(ours).reset_index(drop=True).astype(float).assign(usd_per_thousand=list(prices))


def _offers(scenario: Scenario, usd_per_thousand: float, accuracy: float | None) -> pd.DataFrame:
    import pandas as pd

    if not usd_per_thousand > 0:
        raise MarketError(f"our price {usd_per_thousand:g}", "above zero", "the price given to rivals.shares")
    market = scenario.target_market
    here = offered_in(market.country).fillna({"hosted_in": ""})
    for rival, dated in zip(here["rival"], here["as_of"], strict=True):
        refuse_aged("rivals", rival, dated, scenario)
    speaks = here["languages"].str.split(";").map(lambda codes: market.language.split("-")[0] in codes)
    them = pd.DataFrame(
        {
            "nest": here["nest"].to_numpy(),
            "usd_per_thousand": here["usd_per_thousand"].to_numpy(),
            "local_hosting": here["hosted_in"].str.split(";").map(lambda codes: market.country in codes).to_numpy(float),
            "local_language": speaks.to_numpy(float),
            "ready_to_use": (here["ready_to_use"] == "yes").to_numpy(float),
            "quality": here["quality"].to_numpy(float),
        },
        index=here["rival"],
    )
    wage, rate = (scenario.assumption(name).mid for name in ("reviewer_wage_usd_hour", "reviews_read_per_hour"))
    share, recall, alarms = (scenario.assumption(name).mid for name in _PEOPLE)
    theirs = share * recall + (1 - share) * (1 - alarms)  # right answers of people in live traffic
    quality = np.nan if accuracy is None else accuracy
    ours = ("service", usd_per_thousand, float(not outlook.operation(scenario).data_leaves), 1.0, 1.0, quality)
    staff = ("people", reading_usd_per_thousand(wage, rate), 1.0, 1.0, 1.0, theirs)
    own = pd.DataFrame([ours, staff], index=[US, STAFF], columns=them.columns)
    offers = pd.concat([own.loc[[US]], them, own.loc[[STAFF]]])
    return offers.assign(constant=1.0, log_price=np.log(offers["usd_per_thousand"]))


def _drawn(fact_id: str, scenario: Scenario, place: int) -> np.ndarray:
    given = facts.as_range(fact_id)
    rng = np.random.default_rng([scenario.seed, place])
    return rng.triangular(given["low"], given["mid"], given["high"], scenario.decision.draws)
