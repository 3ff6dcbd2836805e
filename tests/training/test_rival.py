import numpy as np
import pandas as pd
import pytest

from bigmodel_utils.training.loop import TrainingError
from bigmodel_utils.training.rival import fit_rival


def test_the_rival_learns_words(reviews):
    rival = fit_rival(reviews[:160], reviews[160:], "en", 2, 7)
    answers = rival.probabilities(reviews["text"][160:])
    assert answers.sum(axis=1) == pytest.approx(1)
    assert (answers.argmax(axis=1) == reviews["label"][160:]).mean() > 0.95


def test_the_rival_reads_chinese_without_spaces():
    rows = pd.DataFrame({"text": ["房间很好", "服务很糟糕", "衣服很棒", "讨厌房间"] * 10, "label": [1, 0, 1, 0] * 10})
    answers = fit_rival(rows, rows, "zh", 2, 7).probabilities(["这间房间好", "糟糕的衣服"])
    assert answers.argmax(axis=1).tolist() == [1, 0]


def test_a_label_never_seen_has_no_probability(reviews):
    rival = fit_rival(reviews[:160], reviews[160:], "en", 3, 7)
    np.testing.assert_array_equal(rival.probabilities(["good"])[:, 2], 0)


def test_one_label_is_refused(reviews):
    with pytest.raises(TrainingError, match="one label"):
        fit_rival(reviews[reviews["label"] == 1], reviews, "en", 2, 7)
