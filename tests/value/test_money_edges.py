"""Numbers from which no honest figure can be made: each is refused in words, none comes back as nan or infinity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bigmodel_utils.value import (
    currency,
    errors_to_money,
    information,
    investment,
    options,
    threshold,
    uncertainty,
    unit_economics,
)
from bigmodel_utils.value.refusals import ValueRefused

NAN, INF = float("nan"), float("inf")
CASH = [-100.0, 60.0, 70.0]


@pytest.mark.parametrize(
    "asked",
    [
        lambda: investment.npv(NAN, CASH),
        lambda: investment.npv(0.1, [NAN, 1]),
        lambda: investment.npv(0.1, [5]),
        lambda: investment.payback(CASH, rate=-1.0),
        lambda: investment.payback(CASH, rate=NAN),
        lambda: investment.modified_rate(CASH, NAN, 0.1),
        lambda: investment.modified_rate(CASH, 0.1, -1.0),
        lambda: investment.runway(100, []),
        lambda: unit_economics.lifetime_value(100, NAN, 0.1),
        lambda: unit_economics.lifetime_value(INF, 0.5, 0.1),
        lambda: unit_economics.months_to_recover(100, 10, NAN),
        lambda: threshold.at_share(0.5, 0.0, 0.1),
        lambda: threshold.at_share(0.5, 1.0, 0.1),
        lambda: threshold.cost_by_threshold(np.array([0.2, 0.8]), np.array([0, 1]), 0.1, NAN, 1.0),
        lambda: threshold.cost_by_threshold(np.array([]), np.array([]), 0.1, 1.0, 1.0),
        lambda: errors_to_money.probability_of_saving(np.array([]), np.array([])),
        lambda: errors_to_money.probability_of_saving(np.array([NAN]), np.array([1.0])),
        lambda: information.perfect_information_normal(NAN, 1.0),
        lambda: information.perfect_information(np.array([])),
        lambda: information.perfect_information(np.array([1.0, NAN])),
        lambda: options.tree_value(options.Choice({}), 0.1),
        lambda: options.tree_value(options.Chance([(1.0, 5.0)], delay=1.0), -1.0),
        lambda: options.wait_or_enter(np.array([]), 0.5, 0.1, 1.0),
        lambda: options.black_scholes(100, 100, NAN, 0.2, 1.0),
        lambda: options.binomial(100, 100, INF, 0.2, 1.0),
        lambda: currency.usd(NAN, "CNY"),
        lambda: currency.forward(1.0, NAN, 0.02, 1.0),
        lambda: currency.grossed_up(INF, 0.1),
        lambda: uncertainty.from_counts("recall", NAN, 1),
        lambda: uncertainty.from_counts("recall", INF, 1),
        lambda: uncertainty.draw({"a": uncertainty.ranged("a", 1, 2, 3, "")}, 0, 7),
    ],
)
def test_what_has_no_answer_is_refused(asked: Callable[[], object]) -> None:
    with pytest.raises(ValueRefused) as caught:
        asked()
    assert all((caught.value.given, caught.value.allowed, caught.value.mend))


def test_a_sure_answer_in_traffic_without_such_items_reads_as_the_traffic_says() -> None:
    assert threshold.at_share(1.0, 0.5, 0.0) == 0.0
    assert threshold.at_share(0.0, 0.5, 1.0) == 1.0
    assert threshold.at_share(np.array([0.0, 0.5, 1.0]), 0.5, 0.1) == pytest.approx([0, 0.1, 1])
