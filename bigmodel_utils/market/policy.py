"""Law and policy of a market as constraints: what applies, what it costs, how long it takes, where data may be.

An orientation from dated rows, not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bigmodel_utils import facts

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.scenario import Scenario

_STRICTNESS = ["no", "conditional", "yes"]
_ENDS = ("low", "mid", "high")


@dataclass(frozen=True)
class Operation:
    """What a venture would do in a market, as far as rules ask; `home` is the company's own country."""

    home: str
    personal_data: bool
    data_leaves: bool
    public_generative: bool

    def meets(self, condition: str) -> bool:
        """Return whether a rule with this `applies_when` concerns the operation."""
        return {
            "any": True,
            "personal_data": self.personal_data,
            "export": self.personal_data and self.data_leaves,
            "public_generative": self.public_generative,
        }[condition]


@dataclass(frozen=True)
class Burden:
    """What the rules of one market ask of an operation.

    `known` is False when no row speaks of the country: its burden is unknown, not zero. Delays run side by side
    (the longest counts), costs add up; both are (low, mid, high), in months and USD. `residency` is the strictest.
    """

    country: str
    known: bool
    closed: bool
    residency: str
    delay_months: tuple[float, float, float]
    cost_usd: tuple[float, float, float]
    duties: pd.DataFrame


def of_country(table: pd.DataFrame, country: str) -> pd.DataFrame:
    """Return the rows of a fact table whose `country_iso3`, codes separated by `;`, names the country."""
    return table[table["country_iso3"].str.split(";").map(lambda codes: country in codes)]


def burden(policy: pd.DataFrame, country: str, operation: Operation) -> Burden:
    """Return the Burden of `operation` in `country`, from rows with the columns of data/facts/policy.csv."""
    here = of_country(policy, country)
    duties = here[here["applies_when"].map(operation.meets).astype(bool)].reset_index(drop=True)
    return Burden(
        country=country,
        known=len(here) > 0,
        closed=any(operation.home in codes.split(";") for codes in duties["closed_to"].dropna()),
        residency=max(duties["residency"], key=_STRICTNESS.index, default="no"),
        delay_months=tuple(float(duties[f"delay_months_{end}"].max()) if len(duties) else 0.0 for end in _ENDS),
        cost_usd=tuple(float(duties[f"cost_usd_{end}"].sum()) for end in _ENDS),
        duties=duties[["topic", "instrument", "duty", "residency", "source", "as_of"]],
    )


def operation(scenario: Scenario, serving_country: str) -> Operation:
    """Return what the scenario does in the eyes of rules: texts may name people, answers are labels, nothing is generated.

    Data leave the target market when the machine that serves stands elsewhere.
    """
    leaves = serving_country != scenario.target_market.country
    return Operation(scenario.source_market.country, personal_data=True, data_leaves=leaves, public_generative=False)


def of_scenario(scenario: Scenario, serving_country: str) -> Burden:
    """Return the Burden of the scenario's target market, from data/facts/policy.csv."""
    return burden(facts.load("policy"), scenario.target_market.country, operation(scenario, serving_country))


def compare(policy: pd.DataFrame, countries: list[str], operation: Operation) -> pd.DataFrame:
    """Return delay_months (mid) and closed by country; empty where unknown."""
    import pandas as pd

    found = [burden(policy, country, operation) for country in countries]
    rows = [(one.delay_months[1], one.closed) if one.known else (None, None) for one in found]
    return pd.DataFrame(rows, index=countries, columns=["delay_months", "closed"]).astype({"delay_months": float})
