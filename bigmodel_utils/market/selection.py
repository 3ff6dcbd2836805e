"""Which market: countries ranked by weighted criteria, with the weights and the unknowns both left open.

Scores are min-max over the countries compared, 1 best. A criterion that a country lacks stays unknown: the country is
ranked for the worst and the best value it could have. SMAA draws weights around the ones given and counts how often a
country comes out at each rank (Lahdelma & Salminen 2001, Operations Research 49(3)); TOPSIS (Hwang & Yoon 1981) is the
second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError
from bigmodel_utils.messages import Message

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.8


@dataclass(frozen=True)
class Criterion:
    """One thing that countries are compared by: what a reader calls it, and whether more is better."""

    title: Message
    higher_is_better: bool


CRITERIA = {
    "buying_power": Criterion(Message("Income of people online (USD)"), True),
    "texts": Criterion(Message("People online, who write the texts"), True),
    "growth": Criterion(Message("Growth of GDP in USD, five years (% a year)"), True),
    "engineer_cost": Criterion(Message("Software engineer (USD a year)"), False),
    "electricity": Criterion(Message("Electricity (USD per kWh)"), False),
    "carbon": Criterion(Message("Grid carbon (g CO2e per kWh)"), False),
    "tax": Criterion(Message("Corporate tax (%)"), False),
    "compute": Criterion(Message("Two vCPUs in the country (USD an hour)"), False),
}


def candidates(countries: pd.DataFrame, cpu_prices: pd.DataFrame) -> pd.DataFrame:
    """Return CRITERIA by country (index iso3) from the fact tables `countries` and `cpu_cloud_prices`; unknown is NaN.

    `buying_power` is GDP times the share of people online, `texts` the people online; `compute` the cheapest on-demand price of two vCPUs.
    """
    import pandas as pd

    table = countries.set_index("iso3")
    per_two = cpu_prices["usd_per_hour_on_demand"] / cpu_prices["vcpus"] * 2
    return pd.DataFrame(
        {
            "buying_power": table["gdp_usd_current"] * table["internet_users_pct"] / 100,
            "texts": table["population"] * table["internet_users_pct"] / 100,
            "growth": table["gdp_nominal_usd_cagr_pct_5y"],
            "engineer_cost": table["software_engineer_avg_salary_usd"],
            "electricity": table["electricity_business_usd_kwh"],
            "carbon": table["grid_carbon_intensity_gco2e_kwh"],
            "tax": table["corporate_tax_rate_pct"],
            "compute": per_two.groupby(cpu_prices["country_iso3"]).min().reindex(table.index),
        }
    )


def min_max(values: pd.DataFrame, criteria: Mapping[str, Criterion] = CRITERIA) -> pd.DataFrame:
    """Return scores between 0 (worst country compared) and 1 (best), unknown where unknown.

    A criterion on which all known countries are equal scores 1 for each. Raises MarketError for a column without a criterion.
    """
    scores = values.astype(float).copy()
    for name in scores:
        if name not in criteria:
            raise MarketError(f"column '{name}'", nearest(str(name), criteria), "the criteria given to selection.min_max")
        low, high = scores[name].min(), scores[name].max()
        scaled = (scores[name] - low) / (high - low) if high > low else scores[name] * 0 + 1
        scores[name] = scaled if criteria[name].higher_is_better or high == low else 1 - scaled
    return scores


def normalised(weights: Mapping[str, float], scores: pd.DataFrame) -> NDArray[np.float64]:
    """Return the weights in the order of the columns of `scores`, adding up to one; a criterion not named weighs nothing.

    Raises MarketError for an unknown criterion, a negative or missing weight, or weights that are all zero.
    """
    for name, weight in weights.items():
        if name not in scores:
            raise MarketError(f"weight of '{name}'", nearest(name, scores.columns), "the weights of the ranking")
        if not np.isfinite(weight) or weight < 0:
            raise MarketError(f"weight of '{name}' = {weight}", "zero or more", "the weights of the ranking")
    given = np.array([float(weights.get(name, 0.0)) for name in scores])
    if given.sum() == 0:
        raise MarketError("weights that are all zero", "at least one above zero", "the weights of the ranking")
    return given / given.sum()


def rank(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return one row per country, best first: score, rank, best_rank, worst_rank, unknown.

    `score` gives an unknown criterion one half; `best_rank` and `worst_rank` are what the unknowns of all countries
    allow; `unknown` names the weighted criteria that are missing, separated by `;`.
    """
    import pandas as pd

    weight = normalised(weights, scores)
    known = scores.to_numpy(float)
    middle, low, high = (np.where(np.isnan(known), fill, known) @ weight for fill in (0.5, 0.0, 1.0))
    missing = np.isnan(known) & (weight > 0)
    frame = pd.DataFrame(
        {
            "score": middle,
            "rank": pd.Series(middle).rank(ascending=False, method="min").astype(int).to_numpy(),
            "best_rank": 1 + (low[None, :] > high[:, None] + 1e-12).sum(axis=1),
            "worst_rank": (high[None, :] >= low[:, None] - 1e-12).sum(axis=1),
            "unknown": [";".join(scores.columns[row]) for row in missing],
        },
        index=scores.index,
    )
    return frame.sort_values(["rank", "best_rank"], kind="stable")


def weight_draws(
    weights: NDArray[np.float64], draws: int, rng: np.random.Generator, spread: float = 0.0
) -> NDArray[np.float64]:
    """Return draws of weights, shape (draws, criteria), each adding up to one.

    `spread` 0 knows nothing and draws evenly over all weights; above 0 it draws around `weights` (Dirichlet), and each
    weight's standard deviation is about `spread` times sqrt(w (1 - w)). Criteria of weight zero stay at zero.
    Raises MarketError for no draws or a spread outside [0, 1).
    """
    if draws < 1 or not 0 <= spread < 1:
        raise MarketError(f"{draws} draws, spread {spread:g}", "one draw or more, 0 <= spread < 1", "the call of the ranking")
    used = weights > 0
    concentration = np.ones(used.sum()) if spread == 0 else weights[used] * (1 / spread**2 - 1)
    result = np.zeros((draws, len(weights)))
    result[:, used] = rng.dirichlet(concentration, size=draws)
    return result


def score_draws(
    scores: pd.DataFrame, weights: Mapping[str, float], draws: int, rng: np.random.Generator, spread: float = 0.0
) -> NDArray[np.float64]:
    """Return the weighted score of every country in each draw of weights (see `weight_draws`), shape (draws, countries).

    Unknown criteria are drawn evenly between worst and best in each draw.
    """
    drawn = weight_draws(normalised(weights, scores), draws, rng, spread)
    known = scores.to_numpy(float)
    total = drawn @ np.nan_to_num(known).T
    for row, column in zip(*np.nonzero(np.isnan(known)), strict=True):
        total[:, row] += drawn[:, column] * rng.random(draws)
    return total


def acceptability(scores: pd.DataFrame, drawn: NDArray[np.float64]) -> pd.DataFrame:
    """Return the share of draws in which each country (rows, as in `scores`) takes each rank (columns 1 …).

    `drawn` is from `score_draws`. Rows and columns add up to one.
    """
    import pandas as pd

    order = np.argsort(-drawn, axis=1, kind="stable")
    count = len(scores)
    cells = order * count + np.arange(count)
    share = np.bincount(cells.ravel(), minlength=count * count).reshape(count, count) / len(drawn)
    return pd.DataFrame(share, index=scores.index, columns=range(1, count + 1))


def topsis(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Return closeness to the ideal, between 0 and 1, on the min-max scores (not on vector-normalised values).

    Unknown scores count one half. Source: Hwang & Yoon 1981.
    """
    import pandas as pd

    weight = normalised(weights, scores)
    weighted = scores.fillna(0.5).to_numpy(float) * weight
    to_best = np.sqrt(((weighted - weighted.max(axis=0)) ** 2).sum(axis=1))
    to_worst = np.sqrt(((weighted - weighted.min(axis=0)) ** 2).sum(axis=1))
    total = to_best + to_worst
    return pd.Series(np.where(total > 0, to_worst / np.where(total > 0, total, 1), 1.0), index=scores.index, name="topsis")


def neighbours(scores: pd.DataFrame, weights: Mapping[str, float], drawn: NDArray[np.float64]) -> pd.DataFrame:
    """Return each pair of neighbours in the ranking: first, second, chance that first is ahead, separable.

    Two countries are separable when the first is ahead in at least 80 % of `score_draws` and TOPSIS agrees on the order.
    """
    import pandas as pd

    order = list(rank(scores, weights).index)
    place = {name: position for position, name in enumerate(scores.index)}
    second_opinion = topsis(scores, weights)
    rows = []
    for first, second in pairwise(order):
        ahead = float(np.mean(drawn[:, place[first]] > drawn[:, place[second]]))
        agree = bool(second_opinion[first] > second_opinion[second])
        rows.append((first, second, ahead, ahead >= SURE and agree))
    return pd.DataFrame(rows, columns=["first", "second", "chance", "separable"])
