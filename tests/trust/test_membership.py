"""Attacks: they win against a model that learned by heart, and do not see ghosts."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import clouds
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.trust import TrustError, membership
from bigmodel_utils.trust.rows import Rows


def test_a_model_that_learned_by_heart_gives_its_rows_away(test_rows: Rows) -> None:
    few = clouds(16, 9, apart=0.1)
    head = membership.learned_by_heart(few, 2)
    found = membership.attack(head.losses(few), head.losses(test_rows), 0.95, 0)
    assert found.advantage.low > 0.1
    assert found.auc > 0.6


def test_no_ghosts_where_members_and_others_are_alike() -> None:
    rng = np.random.default_rng(0)
    found = [membership.attack(rng.normal(size=200), rng.normal(size=200), 0.95, seed).advantage for seed in range(40)]
    assert abs(np.mean([one.mid for one in found])) < 0.03
    assert sum(one.low > 0 for one in found) <= 4


def test_certainty_is_seen_as_certainty() -> None:
    found = membership.attack(np.linspace(0, 1, 50), np.linspace(2, 3, 50), 0.95, 0)
    assert found.advantage.mid > 0.9
    assert found.auc == 1
    assert found.roc["hits"].iloc[1:].eq(1).all()


@settings(max_examples=40)
@given(st.integers(0, 60), st.integers(0, 60))
def test_the_interval_of_a_difference_holds_it_and_stays_in_range(first: int, second: int) -> None:
    found = membership.difference(first, 60, second, 60, 0.95)
    assert -1.0001 <= found.low <= found.mid <= found.high <= 1.0001


def test_newcombe_published_example() -> None:
    found = membership.difference(56, 70, 48, 80, 0.95)  # Newcombe 1998, table II (a): 0.0524 to 0.3339
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)


def test_usual_losses_come_from_models_without_the_row(train: Rows, test_rows: Rows) -> None:
    inside, outside = membership.usual_losses(train, test_rows, 2, 0)
    assert (len(inside), len(outside)) == (len(train), len(test_rows))
    assert abs(inside.mean() - outside.mean()) < 0.05


@pytest.mark.parametrize("members", [np.zeros(3), np.full(20, np.nan)])
def test_what_cannot_be_attacked_is_refused(members: np.ndarray) -> None:
    with pytest.raises(TrustError):
        membership.attack(members, np.zeros(20), 0.95, 0)
