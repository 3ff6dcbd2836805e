"""What a model may do alone: both lines of trust keep their limits, and money follows the measured shares."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import delegation
from bigmodel_utils.units import Quantity


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=80), st.floats(0.0, 0.5))
def test_the_line_of_trust_keeps_its_limit_and_is_the_lowest_that_does(rows: list[tuple[int, bool]], limit: float) -> None:
    sure, right = np.array([level / 8 for level, _ in rows]), np.array([hit for _, hit in rows])
    line = delegation.conformal_risk_line(sure, right, limit)

    def risk(at: float) -> float:
        return (np.sum((sure >= at) & ~right) + 1) / (len(rows) + 1)

    assert line == delegation.NEVER or risk(line) <= limit
    assert all(risk(level) > limit for level in np.unique(sure[sure < line]))


def test_the_limit_holds_on_average_over_new_rows() -> None:
    rng = np.random.default_rng(5)
    wrong = []
    for _ in range(400):
        sure = rng.uniform(0.5, 1, 600)
        right = rng.random(600) < sure
        line = delegation.conformal_risk_line(sure[:200], right[:200], 0.05)
        wrong.append(np.mean((sure[200:] >= line) & ~right[200:]))
    assert 0.04 < np.mean(wrong) < 0.0515


def share(mid: float, n: int = 1000) -> Quantity:
    return Quantity(
        mid=mid, low=max(0.0, mid - 0.02), high=min(1.0, mid + 0.02), unit="share", origin="measured", source="test", n=n
    )


@pytest.mark.parametrize(("alone", "wrong", "saves"), [(0.9, 0.001, True), (0.0, 0.0, False), (0.9, 0.5, False)])
def test_money_follows_what_is_decided_alone_and_what_goes_wrong(alone: float, wrong: float, saves: bool) -> None:
    chosen = scenarios.load("beyond_text", {"decision.draws": 2000})
    rate = Quantity(mid=1000.0, unit="items per second", origin="measured", source="cpu")
    found = delegation.worth(
        SimpleNamespace(subject="pictures", alone=share(alone), wrong=share(wrong), rate=rate, cores=2), chosen
    )
    assert (found.saving.mid > 0) is saves
    assert found.people.mid == pytest.approx(1.36, rel=0.1)  # 1,000 x (5/5,000 of wage + 0.005 x 0.05 of slips), skewed upwards
    assert (found.chance > 0.5) is saves


@given(seed=st.integers(0, 2**31), rate=st.floats(0.02, 0.4), n=st.integers(1, 300))
def test_the_line_lets_through_what_its_own_test_allows(seed: int, rate: float, n: int) -> None:
    from scipy.stats import binom

    rng = np.random.default_rng(seed)
    sure = rng.random(n)
    right = rng.random(n) < 0.5 + sure / 2
    line = delegation.learn_then_test_line(sure, right, rate, 0.95)
    alone = sure >= line
    if alone.any():
        assert binom.cdf((alone & ~right).sum(), alone.sum(), rate) <= 0.05
    else:
        assert line == delegation.NEVER


def test_more_errors_than_allowed_are_rare_on_new_rows() -> None:
    rng, broken = np.random.default_rng(3), 0
    for _ in range(300):
        sure = rng.random(400)
        right = rng.random(400) < 0.6 + 0.4 * sure
        line = delegation.learn_then_test_line(sure, right, 0.15, 0.95)
        truth = 0.4 * (1 - (1 + line) / 2)  # expected errors among rows above the line, where sure is uniform
        broken += line <= 1 and truth > 0.15
    assert broken / 300 < 0.08
