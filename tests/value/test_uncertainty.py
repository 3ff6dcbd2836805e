"""Draws: every shape keeps its promise, a name is one draw, correlations are those asked for."""

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import scenario
from bigmodel_utils.choices import Assumption
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import uncertainty
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.uncertainty import Z80


def assumed(low, mid, high, shape="pert"):
    return Assumption(low=low, mid=mid, high=high, unit="USD", source="test", as_of=date(2026, 11, 1), shape=shape)


def marginal(low, mid, high, shape="pert", name="x"):
    return uncertainty.from_assumptions({name: assumed(low, mid, high, shape)})[name]


@settings(max_examples=60)
@given(st.sampled_from(["pert", "triangular", "uniform"]), st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3))
def test_bounded_shapes_stay_within_their_ends_and_rise(shape, points):
    low, mid, high = sorted(points)
    values = marginal(low, mid, high, shape).at(np.linspace(-8, 8, 400))
    assert values.min() >= low * (1 - 1e-9)
    assert values.max() <= high * (1 + 1e-9)
    assert (np.diff(values) >= -1e-9 * high).all()


@settings(max_examples=60)
@given(st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3, unique=True))
def test_a_lognormal_meets_p10_p50_and_p90(points):
    low, mid, high = sorted(points)
    drawn = marginal(low, mid, high, "lognormal")
    assert (drawn.p10, drawn.p50, drawn.p90) == pytest.approx((low, mid, high))


@pytest.mark.parametrize("shape", ["pert", "triangular", "uniform"])
def test_the_tabulated_quantiles_are_scipys(shape):
    from scipy import stats

    a, b = 1 + 4 * (3 - 2) / 8, 1 + 4 * (10 - 3) / 8
    peer = {"pert": stats.beta(a, b, 2, 8), "triangular": stats.triang(1 / 8, 2, 8), "uniform": stats.uniform(2, 8)}[shape]
    driver = np.linspace(-3.5, 3.5, 301)
    assert marginal(2, 3, 10, shape).at(driver) == pytest.approx(peer.ppf(stats.norm.cdf(driver)), rel=1e-5)


def test_counts_become_a_beta_posterior():
    from scipy import stats

    rate = uncertainty.from_counts("recall", 90, 10)
    assert (rate.p10, rate.p50, rate.p90) == pytest.approx(tuple(stats.beta(91, 11).ppf([0.1, 0.5, 0.9])), rel=1e-5)


def test_a_measured_interval_of_95_percent_is_narrowed_to_p10_and_p90():
    measured = Quantity(mid=100, low=100 / 1.2, high=120, unit="rows/s", origin="measured", source="test")
    drawn = uncertainty.from_quantity("speed", measured)
    assert np.log(drawn.p90 / 100) == pytest.approx(np.log(1.2) * Z80 / uncertainty.Z95)
    assert uncertainty.from_quantity("speed", Quantity(mid=5, unit="s", origin="measured", source="test")).p90 == 5


def test_a_name_is_the_same_draw_whatever_stands_beside_it():
    alone = uncertainty.draw({"a": marginal(1, 2, 3, name="a")}, 500, seed=7)
    beside = uncertainty.draw({"b": marginal(1, 2, 3, name="b"), "a": marginal(1, 2, 3, name="a")}, 500, seed=7)
    assert (alone["a"] == beside["a"]).all()
    assert (alone["a"] != beside["b"]).any()
    longer = uncertainty.draw({"a": marginal(1, 2, 3, name="a")}, 900, seed=7)
    assert (longer["a"][:500] == alone["a"]).all()
    assert (uncertainty.draw({"a": marginal(1, 2, 3, name="a")}, 500, seed=8)["a"] != alone["a"]).any()


def test_correlated_normals_lose_exactly_as_often_as_theory_says():
    driven = uncertainty.drivers(["x", "y"], 2_000_000, 3, {("x", "y"): 0.5})
    difference = (10 + 2 * driven["x"]) - (5 + driven["y"])
    assert difference.std() == pytest.approx(1.73205, rel=0.003)
    assert (difference < 0).mean() == pytest.approx(0.001946, abs=1.2e-4)


@pytest.mark.parametrize(("rho", "ratio"), [(0.5, 2.1805), (0.0, 1.8980)])
def test_correlation_widens_a_product(rho, ratio):
    driven = uncertainty.drivers(["x", "y"], 1_000_000, 5, {("x", "y"): rho} if rho else None)
    product = np.exp(0.3 * driven["x"] + 0.4 * driven["y"])
    assert np.percentile(product, 90) / np.percentile(product, 50) == pytest.approx(ratio, rel=0.005)


def test_correlations_that_contradict_one_another_are_refused_with_the_nearest():
    impossible = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    with pytest.raises(ValueRefused, match=r"a~b 0\.\d+, b~c 0\.\d+, a~c -0\.\d+") as refused:
        uncertainty.drivers(["a", "b", "c"], 10, 1, impossible)
    offered = dict(zip(impossible, map(float, re.findall(r"-?0\.\d+", refused.value.allowed)), strict=True))
    uncertainty.drivers(["a", "b", "c"], 10, 1, offered)  # what is offered is possible


def test_a_scenario_with_impossible_correlations_is_refused_before_it_runs():
    names = ["complaint_share", "missed_complaint_usd", "needless_contact_usd"]
    pairs = [{"between": [names[i], names[j]], "value": value} for i, j, value in ((0, 1, 0.9), (0, 2, 0.9), (1, 2, -0.9))]
    with pytest.raises(ValueRefused, match="contradict one another"):
        uncertainty.check(scenario.load("smoke", {"correlations": pairs}))
    uncertainty.check(scenario.load("smoke", {"correlations": pairs[:1]}))


@pytest.mark.parametrize(("pairs", "hint"), [({("a", "b"): 1.5}, "nearest is 0.99"), ({("a", "bb"): 0.5}, "did you mean 'b'")])
def test_impossible_or_misspelt_correlations_are_refused(pairs, hint):
    with pytest.raises(ValueRefused, match=hint):
        uncertainty.drivers(["a", "b"], 10, 1, pairs)


@settings(max_examples=40)
@given(st.lists(st.floats(-0.99, 0.99), min_size=6, max_size=6))
def test_the_nearest_correlation_is_one(values):
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = values
    near = uncertainty.nearest_correlation(np.maximum(matrix, matrix.T) + np.minimum(matrix, matrix.T) - np.eye(4))
    assert np.diag(near) == pytest.approx(np.ones(4))
    assert np.linalg.eigvalsh(near).min() > 0


def test_a_rate_that_was_never_measured_is_refused():
    with pytest.raises(ValueRefused, match="at least one in all"):
        uncertainty.from_counts("recall", 0, 0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_a_spread_holds_eighty_of_a_hundred_draws(values):
    found = uncertainty.spread(np.array(values), "USD")
    assert (found.low, found.mid, found.high) == pytest.approx(tuple(np.percentile(values, (10, 50, 90))))
    assert found.origin == "estimated"
