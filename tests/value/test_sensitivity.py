"""Sobol indices against the Ishigami function, and on the venture itself."""

import numpy as np
import pytest
from check_values import CHECK_VALUES

from bigmodel_utils.value import sensitivity
from bigmodel_utils.value.refusals import ValueRefused
from bigmodel_utils.value.uncertainty import Marginal

KNOWN = CHECK_VALUES["ishigami"]


def ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_ishigami_function():
    table = sensitivity.sobol_indices(ishigami, ["x1", "x2", "x3"], [(-np.pi, np.pi)] * 3, 4096, seed=1).set_index("name")
    assert list(table.loc[["x1", "x2", "x3"], "first"]) == pytest.approx(KNOWN["S1"], abs=0.01)
    assert list(table.loc[["x1", "x2", "x3"], "total"]) == pytest.approx(KNOWN["ST"], abs=0.01)
    points = np.random.default_rng(1).uniform(-np.pi, np.pi, (1_000_000, 3))
    assert ishigami(points).var() == pytest.approx(KNOWN["V"], rel=0.01)


def test_indices_of_the_venture(valuation):
    table = sensitivity.sobol(valuation.marginals, valuation.years, size=256, seed=3)
    assert {"reviews_per_merchant_month", "recall"} <= set(table["assumption"])
    assert (table["total"] > -0.05).all()
    assert (np.diff(table["total"]) <= 0).all()
    assert "machine_usd_hour" not in set(table["assumption"])


def test_a_size_that_is_no_power_of_two_is_refused(valuation):
    with pytest.raises(ValueRefused, match="the nearest is 256"):
        sensitivity.sobol(valuation.marginals, valuation.years, size=250)


def test_moving_a_range_keeps_it_possible():
    share = Marginal("recall", "share", "measured", "beta", (90.0, 10.0))
    price = Marginal("entry_usd", "USD", "assumed", "pert", (1.0, 2.0, 5.0))
    drivers = np.linspace(-3, 3, 50)
    moved = sensitivity.moved(share, share.at(drivers), 3.0)
    assert ((moved > share.at(drivers)) & (moved < 1)).all()
    assert sensitivity.moved(price, np.array([2.0]), np.log(3))[0] == pytest.approx(6)
    assert sensitivity.moved(share, np.array([0.9]), 0.0)[0] == pytest.approx(0.9)
