import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, segment


@given(st.floats(0.05, 3))
def test_segments_hold_all_reviews_and_the_large_more(log_sd):
    parts = [float(segment.volume_share(low, high, log_sd)) for _, low, high in segment.SEGMENTS]
    assert sum(parts) == pytest.approx(1)
    sizes = [part / (high - low) for part, (_, low, high) in zip(parts, segment.SEGMENTS, strict=True)]
    assert sizes == sorted(sizes)


def test_volume_shares_are_those_of_a_sample():
    sizes = np.sort(np.random.default_rng(0).lognormal(3, 1.1, 400_000))
    assert segment.volume_share(0.9, 1, 1.1) == pytest.approx(sizes[360_000:].sum() / sizes.sum(), abs=0.01)


def test_the_note_of_the_fact_holds():
    assert segment.volume_share(0.9, 1, facts.as_range("merchant_volume_log_sd")["mid"]) == pytest.approx(0.4, abs=0.05)


def test_larger_customers_are_worth_more(futures):
    table = segment.segments(futures, 1.1)
    assert table["merchants"].sum() == pytest.approx(1)
    assert table["value_to_cost"].is_monotonic_increasing
    assert table["worth_it"].is_monotonic_increasing


def test_at_the_break_even_size_worth_equals_cost(futures):
    least = segment.smallest_worth_winning(futures)
    pays = np.isfinite(least)
    at_even = {name: values[pays] for name, values in futures.items()} | {"reviews_per_merchant_month": least[pays]}
    worth = at_even["reviews_per_merchant_month"] / 1000 * segment.thousand_a_month(at_even)
    assert worth == pytest.approx(at_even["merchant_acquisition_usd"])


def test_finding_follows_the_numbers(futures):
    assert "worth winning from about" in segment.finding(futures).read()
    hopeless = futures | {"value_capture": futures["value_capture"] * 0}
    assert "no customer is worth winning" in segment.finding(hopeless).read()


@pytest.mark.parametrize("bounds", [(0.5, 0.5, 1.0), (0.9, 1.1, 1.0), (0.0, 0.5, 0.0)])
def test_impossible_segments_are_refused(bounds):
    with pytest.raises(MarketError, match="quantiles"):
        segment.volume_share(*bounds)
