"""Facts that do not hold for the plan that rests on them: prices that are too old, and ranges of another country."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bigmodel_utils import facts
from bigmodel_utils.value.refusals import ValueRefused

if TYPE_CHECKING:
    from bigmodel_utils.scenario import Scenario


def planned(scenario: Scenario) -> date:
    """Return the day of the plan: the latest date among its assumptions, so that a finished plan can be repeated later."""
    return max(assumption.as_of for assumption in scenario.assumptions.values())


def refuse_aged(table: str, row: str, as_of: date, scenario: Scenario) -> None:
    """Raise ValueRefused when `row` of fact table `table` is older on the plan's day than data/facts/validity.csv allows."""
    rules = facts.load("validity").set_index("fact_table")["days"]
    age = (planned(scenario) - as_of).days
    if table in rules.index and age > rules[table]:
        raise ValueRefused(
            f"{row}: as of {as_of}, {age} days before the plan",
            f"at most {rules[table]} days (data/facts/validity.csv)",
            f"look it up again and date it in data/facts/{table}.csv",
        )


def of_other_countries(scenario: Scenario) -> dict[str, str]:
    """Return the country (ISO 3166-1 alpha-3) of every assumption that is on file for another one than the target market."""
    filed = {(row["source"], row["as_of"]): row["country_iso3"] for row in facts.rows("ranges")}
    found = {name: filed.get((given.source, str(given.as_of))) for name, given in scenario.assumptions.items()}
    return {name: country for name, country in found.items() if country and country != scenario.target_market.country}
