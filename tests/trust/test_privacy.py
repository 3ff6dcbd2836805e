"""Private heads: what noise costs, that it repeats, and that Opacus counted what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from bigmodel_utils.trust import TrustError, privacy
from bigmodel_utils.trust.rows import Rows


def test_a_loose_budget_learns_nearly_as_well_and_a_strict_one_is_noisier(train: Rows, test_rows: Rows) -> None:
    plain, nothing = privacy.train(train, 2, None, 0)
    assert nothing is None
    heads = {}
    for epsilon in (0.05, 8.0):
        asked = privacy.mechanism(epsilon, 1e-4, len(train))
        heads[epsilon], counted = privacy.train(train, 2, asked, 0)
        assert counted == asked
    assert heads[8.0].accuracy(test_rows) >= plain.accuracy(test_rows) - 0.03
    far = {epsilon: np.linalg.norm(head.weights - plain.weights) for epsilon, head in heads.items()}
    assert far[0.05] > 3 * far[8.0]


def test_the_same_seed_gives_the_same_weights_and_another_does_not(train: Rows) -> None:
    asked = privacy.mechanism(3.0, 1e-4, len(train))
    first, again, other = (privacy.train(train, 2, asked, seed)[0].weights for seed in (5, 5, 6))
    assert (first == again).all()
    assert not np.allclose(first, other)


def test_draws_without_rows_still_take_their_step(train: Rows) -> None:
    few = train.take(np.arange(4))  # a quarter of four rows: about one draw in three is empty
    head, counted = privacy.train(few, 2, privacy.mechanism(1.0, 0.1, 4), 0)
    assert np.isfinite(head.weights).all()
    assert counted.steps == privacy.STEPS


def test_too_few_rows_are_refused(train: Rows) -> None:
    with pytest.raises(TrustError, match="at least 4"):
        privacy.train(train.take(np.arange(3)), 2, None, 0)


def test_one_row_moves_the_clipped_sum_by_no_more_than_the_clip(train: Rows) -> None:
    """The sum of clipped gradients is what noise is measured against: leave a row out, look how far it moves."""
    from bigmodel_utils.trust.accountant import Mechanism

    far = Rows(np.vstack([train.vectors[:40], 50 * np.ones((1, 16), np.float32)]), np.append(train.labels[:40], 1))
    asked = Mechanism(1e-9, 1.0, 2)  # all rows in every step, next to no noise: weights show the sums themselves
    (with_it, _), (without, _) = (privacy.train(rows, 2, asked, 0) for rows in (far, far.take(np.arange(40))))
    moved = np.linalg.norm(41 * with_it.weights - 40 * without.weights)
    assert moved <= 2 * 2 * privacy.CLIP * privacy.LEARNING_RATE
