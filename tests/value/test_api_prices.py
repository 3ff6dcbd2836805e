"""API or own machine: the volume at which they meet, and prices from the optional table."""

from datetime import date
from importlib import util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.value import api_prices
from bigmodel_utils.value.machines import Machine
from bigmodel_utils.value.refusals import ValueRefused

MACHINE = Machine("Acme/here/one", "USA", "cpu", 2, 0.10, None, "test", date(2026, 11, 1))
TABLE = util.find_spec("genai_prices") is not None


@given(st.floats(0.001, 10), st.floats(1, 1000), st.floats(0.1, 1))
def test_at_the_break_even_both_cost_the_same(api, speed, load):
    thousands = api_prices.break_even_thousands(MACHINE, speed, load, api)
    if thousands is None:
        assert api_prices.own_usd_month(MACHINE, 1e9, speed, load) >= api * 1e9 * (1 - 1e-9)
    else:
        assert api_prices.own_usd_month(MACHINE, thousands, speed, load) == pytest.approx(api * thousands, rel=1e-9)
        assert api_prices.own_usd_month(MACHINE, 2 * thousands, speed, load) <= api * 2 * thousands * (1 + 1e-9)


@pytest.mark.skipif(not TABLE, reason="genai-prices is optional and not installed")
def test_a_known_model_has_a_price_and_an_unknown_one_is_refused():
    short, long = (api_prices.api_usd_per_thousand("gpt-4o", "openai", tokens, 10) for tokens in (100, 200))
    assert 0 < short < long
    with pytest.raises(ValueRefused, match="gpt-4ooo"):
        api_prices.api_usd_per_thousand("gpt-4ooo-nonsense", "openai", 100, 10)


@pytest.mark.skipif(TABLE, reason="genai-prices is installed")
def test_without_the_table_prices_are_refused_not_guessed():
    with pytest.raises(ValueRefused, match="pip install genai-prices"):
        api_prices.api_usd_per_thousand("gpt-4o", "openai", 100, 10)
