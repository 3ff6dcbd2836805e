"""Money across borders: worked examples and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.value import currency
from bigmodel_utils.value.refusals import ValueRefused


def test_worked_examples():
    assert currency.forward(0.98, 0.01, 0.03, 2) == pytest.approx(0.941574, abs=1e-6)
    assert currency.grossed_up(100, 0.10) == pytest.approx(111.11, abs=0.01)
    revenues = 1e6 * 1.2 ** np.arange(5)
    assert currency.licence_value(revenues, 0.04, 0.25, 0.12) == pytest.approx(154_477, abs=1)


def test_a_currency_without_a_rate_is_refused():
    assert currency.usd(7.12, "CNY") == pytest.approx(1)
    assert currency.local_per_usd("CNY").as_of.year == 2024
    with pytest.raises(ValueRefused, match="did you mean 'CNY'"):
        currency.usd(1, "CNH")


@given(st.floats(0.01, 500), st.floats(-0.02, 0.2), st.floats(-0.02, 0.2), st.floats(0, 10))
def test_there_and_back_is_no_gain(spot, quoted, base, years):
    there, back = currency.forward(spot, quoted, base, years), currency.forward(1 / spot, base, quoted, years)
    assert there * back == pytest.approx(1)


def test_a_currency_with_lower_interest_is_dearer_later():
    assert currency.forward_per_usd("CNY", 2) < currency.local_per_usd("CNY").mid
    assert currency.forward_per_usd("USD", 2) == 1


@pytest.mark.parametrize("share", [1.0, 1.2, -0.1])
def test_an_impossible_withholding_is_refused(share):
    with pytest.raises(ValueRefused):
        currency.grossed_up(100, share)
