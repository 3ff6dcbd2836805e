"""Sharing weights instead of rows: as good as pooling when holders are alike, unharmed by a faulty one."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import clouds
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.trust import TrustError, federated, robust
from bigmodel_utils.trust.rows import Rows


@settings(max_examples=25)
@given(st.integers(2, 6), st.booleans(), st.integers(0, 1000))
def test_every_row_has_one_holder(count: int, skewed: bool, seed: int) -> None:
    rows = clouds(120, 3)
    numbered = Rows(np.arange(120, dtype=np.float32)[:, None], rows.labels)
    parts = federated.holders(numbered, count, skewed, seed)
    assert sorted(np.concatenate([part.vectors[:, 0] for part in parts])) == list(range(120))
    assert all(len(part) for part in parts)


@pytest.mark.parametrize("count", [2, 5])
def test_alike_holders_match_pooled_rows(train: Rows, test_rows: Rows, count: int) -> None:
    pooled = federated.pooled(train, 2, 20).accuracy(test_rows)
    parts = federated.holders(train, count, False, 0)
    assert abs(federated.train(federated.clients(parts), 2, 16, 20).accuracy(test_rows) - pooled) <= 0.01


def test_one_holder_of_all_rows_is_exactly_pooling(train: Rows) -> None:
    alone = federated.train(federated.clients([train]), 2, 16, 4)
    assert np.allclose(alone.weights, federated.pooled(train, 2, 4).weights)


@pytest.mark.parametrize("fault", list(federated.FAULTS))
def test_a_faulty_holder_does_not_spoil_the_run(train: Rows, test_rows: Rows, fault: str) -> None:
    parts = federated.holders(train, 5, False, 0)
    honest = federated.train(federated.clients(parts), 2, 16, 10).accuracy(test_rows)
    kept = federated.train(federated.clients(parts, fault), 2, 16, 10, robust.trimmed)
    assert kept.accuracy(test_rows) >= honest - 0.03


def test_plain_averaging_is_led_astray(train: Rows, test_rows: Rows) -> None:
    parts = federated.holders(train, 5, False, 0)
    assert federated.train(federated.clients(parts, "reversed"), 2, 16, 10).accuracy(test_rows) < 0.6


@settings(max_examples=40)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=7), st.sampled_from([np.nan, np.inf, -1e12, 1e12]))
def test_one_liar_cannot_move_a_weight_beyond_the_honest(honest: list[float], lie: float) -> None:
    answers = [(np.array([[value]]), 10) for value in honest]
    found = robust.trimmed(np.zeros((1, 1)), [*answers, (np.array([[lie]]), 10**9)])[0, 0]
    assert min(0, *honest) - 1e-9 <= found <= max(0, *honest) + 1e-9


def test_two_holders_cannot_outvote_a_liar() -> None:
    with pytest.raises(TrustError, match="nobody can tell"):
        robust.trimmed(np.zeros((1, 1)), [(np.ones((1, 1)), 5), (np.ones((1, 1)), 5)])


def test_silence_of_all_keeps_the_weights() -> None:
    assert robust.average(np.ones((2, 3)), [None, None]).tolist() == np.ones((2, 3)).tolist()


def test_average_weighs_by_rows() -> None:
    assert robust.average(np.zeros((1, 1)), [(np.array([[1.0]]), 3), (np.array([[5.0]]), 1)])[0, 0] == 2.0


def test_more_holders_than_rows_are_refused(train: Rows) -> None:
    with pytest.raises(TrustError, match="holders"):
        federated.holders(train.take(np.arange(3)), 8, False, 0)


def test_bytes_sent() -> None:
    assert federated.bytes_sent(classes=2, features=384, count=5, rounds=20) == 2 * 20 * 5 * 2 * 385 * 4
