import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score
from seqeval.metrics.sequence_labeling import get_entities

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import entities

SETTINGS = Evaluation(resamples=100)
TAGS = st.sampled_from(["O", "B-DRUG", "I-DRUG", "B-SYMPTOM", "I-SYMPTOM"])
SENTENCES = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8), min_size=1, max_size=8)


@given(SENTENCES)
def test_scores_equal_seqeval(sentences):
    truth, found = ([[pair[side] for pair in row] for row in sentences] for side in (0, 1))
    assert entities.f1(entities.counts(truth, found)) == pytest.approx(f1_score(truth, found, zero_division=0))
    table = entities.by_kind(truth, found)
    if table["n"].sum():
        report = classification_report(truth, found, output_dict=True, zero_division=0)
        for row in table.itertuples():
            assert row.n == report[row.kind]["support"]
            assert row.f1 == pytest.approx(report[row.kind]["f1-score"])
            assert np.nan_to_num(row.precision) == pytest.approx(report[row.kind]["precision"])


@given(SENTENCES)
def test_spans_are_those_of_seqeval(sentences):
    for row in sentences:
        tags = [first for first, _ in row]
        assert entities.spans(tags) == [(kind, start, end + 1) for kind, start, end in get_entities(tags)]


def test_half_of_an_entity_is_no_entity():
    truth = [["O"] * 17 + ["B-DRUG", "I-DRUG", "I-DRUG"]]
    found = [["O"] * 17 + ["B-DRUG", "I-DRUG", "O"]]
    assert entities.counts(truth, found).tolist() == [[0, 1, 1]]
    assert entities.f1(entities.counts(truth, found)) == 0


def test_the_interval_holds_the_score_and_a_gain_over_itself_is_none():
    rng = np.random.default_rng(0)
    truth = [["O", "B-DRUG", "O"]] * 60
    found = [row if rng.random() < 0.7 else ["O", "O", "O"] for row in truth]
    counted, whole = entities.counts(truth, found), entities.counts(truth, truth)
    score = entities.score(counted, SETTINGS, 7)
    assert score.low < score.mid < score.high
    assert score.n == 60
    gained = entities.gain(whole, counted, SETTINGS, 7)
    assert gained.low > 0
    assert gained.mid == pytest.approx(1 - score.mid)
    assert entities.gain(counted, counted, SETTINGS, 7).high == 0


def test_tags_beside_other_words_are_refused():
    with pytest.raises(entities.TagError, match="one per word: 2"):
        entities.by_kind([["O", "O"]], [["O"]])
    with pytest.raises(entities.TagError, match="as many as there are"):
        entities.counts([["O"]], [])
