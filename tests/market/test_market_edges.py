"""Markets that cannot be: each is refused in words, none comes back as nan or infinity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bigmodel_utils.market import MarketError, adoption, competition, diffusion, risk

NAN, INF = float("nan"), float("inf")
RNG = np.random.default_rng(0)
GROWING = [10.0, 30.0, 60.0, 90.0, 100.0, 80.0]


@pytest.mark.parametrize(
    "asked",
    [
        lambda: adoption.cumulative(0, INF, 0.3),
        lambda: adoption.cumulative(1, NAN, 0.3),
        lambda: adoption.cumulative(NAN, 0.1, 0.3),
        lambda: adoption.curve(5, 0.1, 0.3, -1.0),
        lambda: adoption.curve(5, 0.1, 0.3, NAN),
        lambda: adoption.peak(0.0, 0.3),
        lambda: adoption.peak(NAN, 0.3),
        lambda: diffusion.forecast([10.0, 0.0], diffusion.fit_least_squares(GROWING), 3, 10, RNG),
        lambda: diffusion.forecast([], diffusion.fit_least_squares(GROWING), 3, 10, RNG),
        lambda: competition.shares([NAN, 1.0]),
        lambda: competition.shares([INF, 1.0]),
        lambda: competition.nested_shares([NAN, 1.0], ["a", "b"], 0.5),
        lambda: risk.Risk("fire", "operations", 0.1, 10.0, INF),
        lambda: risk.Risk("fire", "operations", 0.1, 10.0, 20.0, mitigation_usd=NAN),
        lambda: risk.Risk("fire", "operations", NAN, 10.0, 20.0),
        lambda: risk.simulate([risk.Risk("fire", "operations", 0.1, 10.0, 20.0)], 0, RNG),
        lambda: risk.mitigation([]),
    ],
)
def test_what_has_no_answer_is_refused(asked: Callable[[], object]) -> None:
    with pytest.raises(MarketError) as caught:
        asked()
    assert all((caught.value.given, caught.value.allowed, caught.value.mend))


def test_a_year_without_sales_leaves_the_noise_of_a_curve_known() -> None:
    fitted = diffusion.fit_least_squares([0.0, *GROWING])
    assert fitted.noise > 0
    assert np.isfinite(diffusion.forecast([0.0, *GROWING], fitted, 3, 50, RNG)).all()
