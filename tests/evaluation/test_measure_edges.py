"""Rows that no measure can be made of: each is refused in words, none comes back as nan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import compare, divergence, intervals, metrics

NAN = float("nan")
NONE, TRUTH = np.empty((0, 2)), np.empty(0, dtype=int)
CLOUD = np.random.default_rng(0).normal(size=(6, 3))
GAP = np.where(np.eye(6, 3, dtype=bool), NAN, CLOUD)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: divergence.cka(CLOUD[:1], CLOUD[:1], debiased=False),
        lambda: divergence.cka(CLOUD, GAP),
        lambda: divergence.cka(CLOUD, CLOUD[:5]),
        lambda: divergence.cka_with_null(CLOUD[:3], CLOUD[:3], 9, 0),
        lambda: divergence.mmd2(CLOUD[:1], CLOUD, 1.0),
        lambda: divergence.mmd2(CLOUD, CLOUD, 0.0),
        lambda: divergence.mmd2_with_p(CLOUD, GAP, 9, 0),
        lambda: divergence.proxy_a_distance(NAN),
        lambda: divergence.proxy_a_distance(-0.1),
        lambda: intervals.share(0, 0),
        lambda: intervals.share(3, 2),
        lambda: metrics.accuracy(NONE, TRUTH),
        lambda: metrics.brier(NONE, TRUTH),
        lambda: metrics.expected_calibration_error(NONE, TRUTH),
        lambda: metrics.brier(np.array([[NAN, 1.0]]), np.array([1])),
        lambda: compare.mcnemar(-1, 3),
        lambda: compare.paired("a", "b", {"a": TRUTH, "b": TRUTH}, Evaluation(), 0),
    ],
)
def test_what_has_no_answer_is_refused(asked: Callable[[], object]) -> None:
    with pytest.raises(intervals.MeasureError) as caught:
        asked()
    assert all((caught.value.given, caught.value.allowed, caught.value.mend))


def test_vectors_that_never_change_agree_with_nothing() -> None:
    same = np.ones((6, 3))
    assert divergence.cka(same, CLOUD) == divergence.cka(same, CLOUD, debiased=False) == 0
