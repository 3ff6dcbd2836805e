import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import entities

SETTINGS = Evaluation(resamples=100)
TAGS = st.sampled_from(["O", "B-DRUG", "I-DRUG", "B-SYMPTOM", "I-SYMPTOM"])
SENTENCES = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8), min_size=1, max_size=8)


@given(SENTENCES)
def test_scores_equal_seqeval(sentences):
    truth, found = ([[pair[side] for pair in row] for row in sentences] for side in (0, 1))
    assert entities.f1(truth, found, SETTINGS, 7).mid == pytest.approx(f1_score(truth, found, zero_division=0))
    table = entities.by_type(truth, found)
    if table["n"].sum():
        report = classification_report(truth, found, output_dict=True, zero_division=0)
        for row in table.itertuples():
            assert row.n == report[row.type]["support"]
            assert row.f1 == pytest.approx(report[row.type]["f1-score"])
            assert np.nan_to_num(row.precision) == pytest.approx(report[row.type]["precision"])


def test_tokens_flatter_where_entities_do_not():
    """Half of an entity is no entity; the many O tokens hide it."""
    truth = [["O"] * 17 + ["B-DRUG", "I-DRUG", "I-DRUG"]]
    found = [["O"] * 17 + ["B-DRUG", "I-DRUG", "O"]]
    assert entities.token_accuracy(truth, found) == 0.95
    assert entities.f1(truth, found, SETTINGS, 7).mid == 0


def test_the_interval_holds_the_score():
    rng = np.random.default_rng(0)
    truth = [["O", "B-DRUG", "O"]] * 60
    found = [row if rng.random() < 0.7 else ["O", "O", "O"] for row in truth]
    score = entities.f1(truth, found, SETTINGS, 7)
    assert score.low < score.mid < score.high
    assert score.n == 60


def test_tags_beside_other_tokens_are_refused():
    with pytest.raises(entities.TagError, match="one per token: 2"):
        entities.by_type([["O", "O"]], [["O"]])
    with pytest.raises(entities.TagError, match="as many as there are"):
        entities.token_accuracy([["O"]], [])
