from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import facts, scenario
from bigmodel_utils.market import MarketError, exposure, risk

RATE, YEARS = np.full(60_000, 0.14), 5
SURE = risk.Risk("certain", "money", 1.0, 100.0, 100.0)
NPV = np.random.default_rng(3).normal(50_000, 200_000, len(RATE))
REGISTER = risk.register(facts.load("risks"))


@given(st.floats(0.01, 0.5), st.integers(1, 10))
@settings(max_examples=20)
def test_a_certain_loss_is_worth_its_mean_discount(rate, years):
    losses = np.full((20_000, 1), 100.0)
    found = risk.losses_today(losses, rate, years, np.random.default_rng(1))
    assert found.mean() == pytest.approx(100 * (1 - (1 + rate) ** -years) / (years * np.log1p(rate)), rel=0.02)
    assert found.min() >= 100 * (1 + rate) ** -years - 1e-9
    assert found.max() <= 100


def test_each_future_is_discounted_at_its_own_rate():
    losses = np.full((2, 200), 1.0)
    cheap, dear = risk.losses_today(losses, np.array([0.0, 0.5]), 5, np.random.default_rng(1))
    assert cheap == pytest.approx(200)
    assert dear < 120


def test_losses_only_take():
    found = exposure.exposed(NPV, RATE, YEARS, REGISTER, 0.2, seed=1)
    assert (found.after <= found.before).all()
    assert found.gain("after") < found.gain("before")
    taken = np.mean(found.before - found.after)
    undiscounted = sum(item.expected_usd for item in REGISTER)
    assert undiscounted * 1.14**-YEARS < taken < undiscounted


def test_a_certain_sum_moves_every_future_by_the_same_order():
    found = exposure.exposed(NPV, RATE, YEARS, [SURE], 0.0, seed=1)
    taken = found.before - found.after
    assert (taken > 100 * 1.14**-YEARS - 1e-6).all()
    assert (taken < 100 + 1e-6).all()


def test_a_mitigation_that_pays_is_paid_and_one_that_does_not_is_left():
    worth_it = risk.Risk("leak", "law", 1.0, 1000.0, 1000.0, "lock", 10.0, 0.0)
    too_dear = risk.Risk("flood", "operations", 0.1, 100.0, 100.0, "dam", 5000.0, 0.0)
    both = exposure.exposed(NPV, RATE, YEARS, [worth_it, too_dear], 0.0, seed=1)
    assert both.mitigations == 1
    only_dear = exposure.exposed(NPV, RATE, YEARS, [too_dear], 0.0, seed=1)
    assert (only_dear.mitigated == only_dear.after).all()
    assert "No mitigation pays" in only_dear.finding.read()
    cured = exposure.exposed(NPV, RATE, YEARS, [worth_it], 0.0, seed=1)
    assert cured.mitigated == pytest.approx(NPV - 10)


def test_paying_for_what_pays_gains_on_average():
    found = exposure.exposed(NPV, RATE, YEARS, REGISTER, 0.2, seed=1)
    assert found.mitigations > 0
    assert found.mitigated.mean() > found.after.mean()


def test_a_saving_that_comes_too_late_does_not_pay():
    barely = risk.Risk("leak", "law", 1.0, 100.0, 100.0, "lock", 95.0, 0.0)
    assert exposure.exposed(NPV, RATE, YEARS, [barely], 0.0, seed=1).mitigations == 0
    assert exposure.exposed(NPV, np.zeros(len(NPV)), YEARS, [barely], 0.0, seed=1).mitigations == 1


def test_table_and_sentence_agree():
    found = exposure.exposed(NPV, RATE, YEARS, REGISTER, 0.2, seed=1)
    table = found.table.set_index("case")
    assert table.loc["before", "npv_mid"] == pytest.approx(np.median(NPV))
    for case in ("before", "after", "mitigated"):
        assert f"{table.loc[case, 'gain']:.0%}" in found.finding.read()
    assert f"{found.mitigations} mitigations" in found.finding.read()


def test_the_same_seed_gives_the_same_futures():
    first, second = (exposure.exposed(NPV, RATE, YEARS, REGISTER, 0.2, seed=5) for _ in range(2))
    assert (first.after == second.after).all()


def test_a_valuation_meets_the_risks_on_file():
    venture = scenario.load("reviews_us_to_cn", {"decision.draws": 2000})
    rng = np.random.default_rng(venture.seed)
    npv = rng.normal(50_000, 200_000, 2000)
    worth = SimpleNamespace(
        paths=SimpleNamespace(npv=npv), draws={"discount_rate": np.full(2000, 0.14)}, years=5, scenario=venture
    )
    found = exposure.with_risks(worth)
    assert len(REGISTER) >= found.mitigations > 0
    assert np.corrcoef(npv, found.before - found.after)[0, 1] == pytest.approx(0, abs=0.08)


@pytest.mark.parametrize(("rate", "years"), [(0.1, 0), (np.full(3, 0.1), 5)])
def test_an_impossible_horizon_or_other_draws_are_refused(rate, years):
    with pytest.raises(MarketError, match="one rate for each draw"):
        risk.losses_today(np.ones((4, 2)), rate, years, np.random.default_rng(0))
