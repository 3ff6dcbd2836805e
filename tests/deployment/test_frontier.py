"""What is dominated, and what the frontier says of answers that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.deployment import frontier

POINTS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=12)


def columns(points: list[tuple[int, ...]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame(points, columns=["accuracy", "rate", "size"], dtype=float)
    return frame[["accuracy", "rate"]], frame[["size"]]


@given(POINTS)
def test_dominated_as_pareto_defines_it(points):
    found = frontier.dominated(*columns(points))
    for one, beaten in zip(points, found, strict=True):
        better = [p for p in points if p[0] >= one[0] and p[1] >= one[1] and p[2] <= one[2] and p != one]
        assert beaten == bool(better)
    assert not found.all(), "something is always left to choose"


def made(folder: Path, right: np.ndarray, rate: float) -> frontier.Measured:
    """A variant that is right where `right` says, all labels being 1."""
    folder.mkdir()
    (folder / "weights").write_bytes(bytes(2_000_000))
    answers = np.column_stack([1.0 - right, right * 1.0])
    return frontier.Measured(folder, answers, answers[:4], (rate, rate / 2), np.array([0.01, 0.02, 0.03]))


def test_the_table_compares_in_pairs_with_the_baseline(tmp_path):
    truth, right = np.ones(200, dtype=int), np.arange(200) % 10 > 0
    worse = right & (np.arange(200) % 10 > 1)
    found = {
        "base": made(tmp_path / "a", right, 10.0),
        "fast": made(tmp_path / "b", worse, 40.0),
        "slow": made(tmp_path / "c", worse, 5.0),
    }
    table = frontier.table(found, "base", truth, Evaluation(), 7).set_index("variant")
    assert table["accuracy"].tolist() == [0.9, 0.8, 0.8]
    assert table["difference"].tolist() == pytest.approx([0, -0.1, -0.1])
    assert table.loc["fast", "difference_high"] < 0 < table.loc["fast", "difference_high"] + 0.2
    assert table.loc["fast", "p_value"] == pytest.approx(2 * 0.5**20)
    assert table["speedup"].tolist() == [1.0, 4.0, 0.5]
    assert table["rate_low"].tolist() == [5.0, 20.0, 2.5]
    assert table["size_mb"].tolist() == [2.0, 2.0, 2.0]
    assert table["latency_p50_ms"].tolist() == [20.0, 20.0, 20.0]
    assert table["dominated"].tolist() == [False, False, True]
