from datetime import date, timedelta

import pytest

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import outlook, rivals
from bigmodel_utils.value import machines, validity
from bigmodel_utils.value.refusals import ValueRefused

ENTRY = scenario.load("reviews_us_to_cn")
LATER = scenario.load("reviews_us_to_cn", {"assumptions.label_usd.as_of": "2031-01-01"})


def test_the_day_of_the_plan_is_that_of_its_latest_assumption():
    assert validity.planned(ENTRY) == max(item.as_of for item in ENTRY.assumptions.values())
    assert validity.planned(LATER) == date(2031, 1, 1)


def test_a_range_of_another_country_is_named_until_the_market_has_its_own():
    assert validity.of_other_countries(ENTRY) == {}
    moved = {"target_market.country": "DEU"}
    assert validity.of_other_countries(scenario.load("reviews_us_to_cn", moved))["tax_rate"] == "CHN"
    own = {"low": 0.3, "mid": 0.3, "high": 0.3, "unit": "share", "source": "our adviser", "as_of": "2026-11-01"}
    given = scenario.load("reviews_us_to_cn", moved | {"assumptions.tax_rate": own})
    assert "tax_rate" not in validity.of_other_countries(given)


def test_a_price_is_refused_from_the_day_after_its_last():
    days = timedelta(int(facts.row("validity", fact_table="rivals")["days"]))
    validity.refuse_aged("rivals", "somebody", validity.planned(ENTRY) - days, ENTRY)
    with pytest.raises(ValueRefused, match="look it up again"):
        validity.refuse_aged("rivals", "somebody", validity.planned(ENTRY) - days - timedelta(1), ENTRY)


def test_a_table_without_a_rule_does_not_age():
    validity.refuse_aged("training_runs", "any", date(1950, 1, 1), LATER)


@pytest.mark.parametrize("ask", [outlook.rules, outlook.markets, lambda plan: rivals.shares(plan, 5.0)])
def test_a_plan_on_old_prices_is_refused_with_where_to_mend(ask):
    with pytest.raises(ValueRefused, match="look it up again") as caught:
        ask(LATER)
    assert "days before the plan" in caught.value.given


def test_an_old_machine_is_refused_by_name():
    old = next(machine for machine in machines.machines().values() if machine.as_of < date(2024, 1, 1))
    with pytest.raises(ValueRefused, match=old.name):
        machines.rented(old.name, ENTRY)
    assert machines.rented(ENTRY.compute.cpu, ENTRY) == machines.machine(ENTRY.compute.cpu)


def test_each_rule_names_a_table():
    assert set(facts.load("validity")["fact_table"]) <= set(facts.tables())
