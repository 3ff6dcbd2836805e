from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bigmodel_utils.units import Quantity

finite = st.floats(-1e9, 1e9)


@given(st.tuples(finite, finite, finite), st.floats(1e-6, 1e6))
def test_scaling_keeps_order_and_origin(ends: tuple[float, float, float], factor: float) -> None:
    low, mid, high = sorted(ends)
    scaled = Quantity(low=low, mid=mid, high=high, unit="USD", origin="measured", source="test").scaled(factor, "kUSD")
    assert scaled.low <= scaled.mid <= scaled.high
    assert (scaled.origin, scaled.unit) == ("measured", "kUSD")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mid": 2, "low": 3, "high": 4},
        {"mid": 2, "low": 1},
        {"mid": 2, "origin": "estimated"},
        {"mid": 2, "origin": "assumed", "source": "", "as_of": date(2026, 1, 1)},
        {"mid": 2, "origin": "assumed"},
        {"mid": float("nan")},
        {"mid": 2, "origin": "guessed"},
    ],
)
def test_dishonest_numbers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Quantity(**{"unit": "USD", "origin": "measured", "source": "test", **wrong})


def test_a_quantity_survives_json() -> None:
    quantity = Quantity(mid=2, low=1, high=3, unit="USD", origin="assumed", source="price list", as_of=date(2026, 11, 1))
    assert Quantity.model_validate_json(quantity.model_dump_json()) == quantity


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e3), st.floats(1, 10))
def test_what_is_carried_elsewhere_becomes_an_estimate_with_a_wider_range(mid: float, ratio: float, factor: float) -> None:
    bare = Quantity(mid=mid, unit="items/s", origin="measured", source="test", n=7)
    known = bare.model_copy(update={"low": mid / 2, "high": mid * 2})
    for measured in (bare, known):
        carried = measured.carried(ratio, factor, source="elsewhere", method="rung 2")
        assert (carried.origin, carried.unit, carried.n) == ("estimated", "items/s", 7)
        assert carried.high / carried.low == pytest.approx(factor**2 * (4 if measured is known else 1))
        assert carried.mid == pytest.approx(mid * ratio)


def test_an_estimate_within_a_factor_has_both_ends() -> None:
    quantity = Quantity.within(2.0, 10.0, "hours", source="fit", method="rung 3")
    assert (quantity.low, quantity.mid, quantity.high, quantity.origin) == (5.0, 10.0, 20.0, "estimated")
