"""The team that the plan needs against the team at hand, and what hiring the difference costs by country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.errors import nearest
from bigmodel_utils.market import MarketError

if TYPE_CHECKING:
    import pandas as pd


def gap(roles: pd.DataFrame, at_hand: Mapping[str, float]) -> pd.DataFrame:
    """Return role, place, needed, at_hand, missing (people) and uncovered_skills, in the order of `roles`.

    `roles` has the columns of data/facts/team_roles.csv, `at_hand` people by role. A skill is uncovered when no role
    with somebody in it has it. Raises MarketError for an unknown role or a negative number.
    """
    import pandas as pd

    for role, people in at_hand.items():
        if role not in set(roles["role"]):
            raise MarketError(f"role '{role}'", nearest(role, roles["role"]), "the team at hand, or data/facts/team_roles.csv")
        if not people >= 0:
            raise MarketError(f"{role}: {people} people", "zero or more", "the team at hand")
    skills = dict(zip(roles["role"], roles["skills"].str.split(";"), strict=True))
    covered = {skill for role, people in at_hand.items() if people > 0 for skill in skills[role]}
    have = roles["role"].map(lambda role: float(at_hand.get(role, 0.0)))
    return pd.DataFrame(
        {
            "role": roles["role"],
            "place": roles["place"],
            "needed": roles["people"].astype(float),
            "at_hand": have,
            "missing": np.maximum(roles["people"] - have, 0.0),
            "uncovered_skills": [";".join(s for s in skills[role] if s not in covered) for role in roles["role"]],
        }
    )


def hiring_cost(
    roles: pd.DataFrame, missing: pd.Series, countries: pd.DataFrame, home: str, market: str, overhead: float, fee: float
) -> pd.DataFrame:
    """Return role, country_iso3, people, usd_per_year, usd_to_hire; unknown pay stays NaN.

    Pay is the country's software engineer's times the role's `pay_factor`; `overhead` is added every year, `fee` is the
    share of a year's pay that filling a post costs. `missing` is people by role, aligned with `roles`.
    Raises MarketError for a country without a row.
    """
    import pandas as pd

    pay = countries.set_index("iso3")["software_engineer_avg_salary_usd"]
    for country in (home, market):
        if country not in pay.index:
            raise MarketError(f"country '{country}'", nearest(country, pay.index), "data/facts/countries.csv")
    where = roles["place"].map({"home": home, "market": market})
    yearly = where.map(pay) * roles["pay_factor"]
    return pd.DataFrame(
        {
            "role": roles["role"],
            "country_iso3": where,
            "people": missing,
            "usd_per_year": missing * yearly * (1 + overhead),
            "usd_to_hire": missing * yearly * fee,
        }
    )
