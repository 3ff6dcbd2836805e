import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.choices import Split
from bigmodel_utils.data import DataError, splitting

NAMES = ["bad", "good"]


def sizes(train=20, validation=20, test=20) -> Split:
    return Split(train=train, validation=validation, test=test)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(90, 160))
def test_groups_never_straddle_and_parts_are_balanced(seed, largest, rows):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(rows), rng.integers(1, largest + 1, rows))
    labels = rng.permutation(np.arange(len(groups)) % 2)
    parts = splitting.assign(labels, groups, sizes(), seed, NAMES)
    for group in range(rows):
        assert len(set(parts[groups == group]) - {""}) <= 1
    for part in ("train", "validation", "test"):
        assert np.bincount(labels[parts == part]).tolist() == [10, 10]
    assert (parts == splitting.assign(labels, groups, sizes(), seed, NAMES)).all()


def test_scarce_label_fills_test_first_and_train_as_far_as_it_goes():
    labels = np.array([0] * 23 + [1] * 100)
    parts = splitting.assign(labels, np.arange(123), sizes(), 1, NAMES)
    assert np.bincount(labels[parts == "test"]).tolist() == [10, 10]
    assert np.bincount(labels[parts == "train"]).tolist() == [3, 17]


def test_too_little_data_says_how_much_there_is():
    labels = np.array([0] * 15 + [1] * 100)
    with pytest.raises(DataError) as refusal:
        splitting.assign(labels, np.arange(115), sizes(), 1, NAMES)
    assert refusal.value.given.startswith("5 rows short for validation: 15 bad, 100 good")
    assert "at most 30 rows" in refusal.value.allowed


def test_one_class_is_refused():
    with pytest.raises(DataError, match="no usable row is labelled 'good'"):
        splitting.assign(np.zeros(500, dtype=int), np.arange(500), sizes(), 1, NAMES)


def test_related_by_beginning_ending_and_group():
    head, tail = "h" * 39 + "1", "t" * 39 + "2"
    keys = [head + "one", head + "two", "x" + tail, "two" + tail, "short", "apart", head + "y" * 9 + tail, "a" * 50]
    frame = pd.DataFrame({"key": keys, "group": [None, None, None, None, "g", "g", None, None]})
    numbers = splitting.related(frame)
    assert len({numbers[i] for i in (0, 1, 2, 3, 6)}) == 1
    assert numbers[4] == numbers[5]
    assert len(set(numbers)) == 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_with_times_each_part_is_older_than_the_next(seed, largest):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(150), rng.integers(1, largest + 1, 150))
    labels = rng.permutation(np.arange(len(groups)) % 2)
    times = rng.permutation(len(groups))
    parts = splitting.assign(labels, groups, sizes(), seed, NAMES, times)
    ends = {part: {groups[i]: times[groups == groups[i]].max() for i in np.flatnonzero(parts == part)} for part in set(parts)}
    assert max(ends["validation"].values()) < min(ends["test"].values())
    assert max(ends["train"].values()) < min(ends["validation"].values())
    for part in ("train", "validation", "test"):
        assert np.bincount(labels[parts == part]).tolist() == [10, 10]
