import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, risk

FIXED = [risk.Risk(str(i), "x", p, usd, usd) for i, (p, usd) in enumerate([(0.3, 200), (0.1, 800), (0.05, 3000)])]


def test_check_values_of_three_fixed_losses():
    losses = risk.simulate(FIXED, 400_000, np.random.default_rng(1))
    found = risk.summary(losses)
    assert sum(item.expected_usd for item in FIXED) == pytest.approx(290)
    assert found["expected"] == pytest.approx(290, rel=0.01)
    assert found["sd"] == pytest.approx(702.50, rel=0.01)
    assert found["no_loss"] == pytest.approx(0.5985, abs=0.003)
    assert np.mean(losses.sum(axis=1) >= 799.99) == pytest.approx(0.145, abs=0.002)


@given(st.floats(0.01, 1), st.floats(1, 1e4), st.floats(1, 20))
@settings(max_examples=20)
def test_expected_loss_is_probability_times_mean(probability, low, factor):
    one = risk.Risk("r", "law", probability, low, low * factor)
    losses = risk.simulate([one], 60_000, np.random.default_rng(2))
    happened = losses[losses > 0]
    assert one.expected_usd / probability == pytest.approx(happened.mean(), rel=0.35)
    assert np.quantile(happened, 0.9) == pytest.approx(low * factor, rel=0.35)


def test_correlation_leaves_the_mean_and_fattens_the_tail():
    apart, together = (risk.summary(risk.simulate(FIXED, 200_000, np.random.default_rng(3), rho)) for rho in (0.0, 0.8))
    assert together["expected"] == pytest.approx(apart["expected"], rel=0.03)
    assert together["sd"] > 1.1 * apart["sd"]
    assert together["no_loss"] > apart["no_loss"]


def test_mitigation_says_what_it_buys():
    table = risk.mitigation(
        [
            risk.Risk("dear cure", "law", 0.1, 100, 100, "lawyers", 50, 0.0),
            risk.Risk("cheap cure", "technical", 0.5, 100, 100, "a test", 5, 0.1),
            risk.Risk("no cure", "market", 0.2, 100, 100),
        ]
    )
    assert list(table["risk"]) == ["cheap cure", "no cure", "dear cure"]
    assert list(table["pays"]) == [True, False, False]
    assert table["saves"].iloc[0] == pytest.approx(40)


def test_the_register_of_the_facts_reads_and_covers_each_area():
    risks = risk.register(facts.load("risks"))
    assert {item.area for item in risks} == {"technical", "market", "money", "law", "operations"}
    found = risk.summary(risk.simulate(risks, 50_000, np.random.default_rng(4), 0.2))
    assert found["expected"] == pytest.approx(sum(item.expected_usd for item in risks), rel=0.05)
    assert isinstance(risk.mitigation(risks), pd.DataFrame)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"probability": 1.2}, "probability"),
        ({"probability_after": 0.9}, "after"),
        ({"low_usd": 0.0}, "low"),
        ({"high_usd": 1.0}, "high"),
    ],
)
def test_impossible_risks_are_refused_by_name(change, word):
    given_values = {"name": "leak", "area": "law", "probability": 0.2, "low_usd": 10.0, "high_usd": 50.0} | change
    with pytest.raises(MarketError, match=word) as caught:
        risk.Risk(**given_values)
    assert "leak" in caught.value.given


@pytest.mark.parametrize(("risks", "correlation"), [([], 0.0), (FIXED, 1.0), (FIXED, -0.1)])
def test_nothing_to_simulate_is_refused(risks, correlation):
    with pytest.raises(MarketError):
        risk.simulate(risks, 10, np.random.default_rng(0), correlation)


def test_a_risk_without_mitigation_may_leave_its_cells_empty():
    row = {"risk": "fire", "area": "operations", "probability": 0.1, "impact_low_usd": 1.0, "impact_high_usd": 2.0}
    table = pd.DataFrame([row | {"mitigation": None, "mitigation_usd": np.nan, "probability_after": np.nan}])
    (found,) = risk.register(table)
    assert found == risk.Risk("fire", "operations", 0.1, 1.0, 2.0)
    assert risk.mitigation([found])["saves"].iloc[0] == 0
