import numpy as np
import pytest
from check_values import CHECK_VALUES as PUBLISHED
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import compare, divergence, gap, intervals

SETTINGS = Evaluation(resamples=300)


def test_cka_at_its_check_value_and_under_rotation_and_scale():
    x = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], dtype=float)
    assert divergence.cka(x, x[:, :1], debiased=False) == pytest.approx(PUBLISHED["cka"], rel=1e-5)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(60, 8))
    turned = 3 * z @ np.linalg.qr(rng.normal(size=(8, 8)))[0]
    for debiased in (True, False):
        assert divergence.cka(z, turned, debiased) == pytest.approx(1)


def test_debiased_cka_of_unrelated_vectors_is_near_zero_where_the_plain_one_is_not():
    """The plain one is p / (n + p) on average: 0.332 for 50 features and 100 rows."""
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(100, 50)), rng.normal(size=(100, 50))) for _ in range(30)]
    assert np.mean([divergence.cka(*pair, debiased=False) for pair in pairs]) == pytest.approx(0.332, abs=0.01)
    assert np.mean([divergence.cka(*pair) for pair in pairs]) == pytest.approx(0, abs=0.02)
    x, y = pairs[0]
    found, null = divergence.cka_with_null(x, y, 200, 0)
    assert found < null
    with pytest.raises(intervals.MeasureError, match="at least 4"):
        divergence.cka(x[:3], y[:3])


def test_mmd_at_its_check_value():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (4000, 1)), rng.normal(1, 1, (4000, 1))
    assert divergence.mmd2(x, y, bandwidth=1.0) == pytest.approx(PUBLISHED["mmd2"], rel=0.08)


def test_mmd_tells_two_clouds_from_one():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (120, 4))
    assert divergence.mmd2_with_p(x, rng.normal(0, 1, (120, 4)), 99, 1)[1] > 0.05
    assert divergence.mmd2_with_p(x, rng.normal(0.6, 1, (120, 4)), 99, 1)[1] == pytest.approx(0.01)


@pytest.mark.parametrize(("error", "distance"), [(0.2, 1.2), (0.5, 0.0), (0.7, 0.0), (0.0, 2.0)])
def test_proxy_a_distance_at_known_errors(error, distance):
    assert divergence.proxy_a_distance(error) == pytest.approx(distance)


def test_the_domain_gap_of_one_cloud_is_none_and_of_two_is_large():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (300, 5))
    near, _ = gap.domain(x, rng.normal(0, 1, (300, 5)), SETTINGS, 7)
    far, p_value = gap.domain(x, rng.normal(2, 1, (200, 5)), SETTINGS, 7)
    assert near.value.mid < 0.25
    assert far.value.mid > 1.8
    assert p_value < 0.01
    assert "%" in far.meaning.read()


def test_representations_of_one_model_agree():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 6))
    same = gap.representation(x, x, SETTINGS, 7)
    other = gap.representation(x, rng.normal(size=(80, 6)), SETTINGS, 7)
    assert same.value.mid == pytest.approx(1)
    assert same.value.high <= 1 + 1e-9
    assert "agrees" in same.meaning.read()
    assert "not shown" in other.meaning.read()


def test_weights_move_by_what_was_added(folder, tmp_path):
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    for parameter in model.bert.encoder.layer[1].parameters():
        parameter.data.mul_(1.5)
    model.save_pretrained(tmp_path)
    found, parts = gap.parameters(folder, tmp_path)
    shares = parts.set_index("part")
    assert shares.loc["layer 2", "distance"] == pytest.approx(0.5, rel=1e-4)
    assert shares.loc["layer 1", "distance"] == 0
    assert shares["squared_share"].sum() == pytest.approx(1)
    assert 0 < found.value.mid < 0.5
    assert gap.parameters(folder, folder)[0].value.mid == 0


def test_weights_of_another_architecture_have_no_distance(folder, tmp_path):
    from transformers import BertConfig, BertForSequenceClassification

    BertForSequenceClassification(
        BertConfig(vocab_size=14, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    ).save_pretrained(tmp_path)
    with pytest.raises(gap.GapError, match="two different architectures"):
        gap.parameters(folder, tmp_path)


def test_calibration_gap_has_the_right_sign():
    rng = np.random.default_rng(0)
    event = rng.random(3000)
    truth = (rng.random(3000) < event).astype(int)
    good = np.column_stack([1 - event, event])
    sure = np.column_stack([event < 0.5, event >= 0.5]).astype(float)
    worse = gap.calibration((good, truth), (sure, truth), SETTINGS, 7)
    assert worse.value.low > 0.1
    assert f"by {100 * worse.value.mid:.1f} points more than at home" in worse.meaning.read()
    assert "points less than at home" in gap.calibration((sure, truth), (good, truth), SETTINGS, 7).meaning.read()
    assert "not shown" in gap.calibration((good, truth), (good[::-1], truth[::-1]), SETTINGS, 7).meaning.read()


def test_tokens_are_counted_whole(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = gap.tokenizer_premium(tokenizer, ["good dress"] * 5, ["the " * 40] * 5, SETTINGS, 7)
    assert found.value.mid == 42 / 4
    assert found.reference == 1


def test_performance_says_what_is_shown():
    right = {"b": np.repeat([True, False], [90, 10]), "a": np.repeat([True, False], [60, 40])}
    gain = gap.performance(compare.paired("b", "a", right, SETTINGS, 7))
    loss = gap.performance(compare.paired("a", "b", right, SETTINGS, 7))
    tie = gap.performance(compare.paired("b", "b", right, SETTINGS, 7))
    assert "more often, by 30.0 points" in gain.meaning.read()
    assert "less often, by 30.0 points" in loss.meaning.read()
    assert "not shown" in tie.meaning.read()
    table = gap.as_table([gain, loss, tie])
    assert table["value"].tolist() == pytest.approx([0.3, -0.3, 0.0])


def test_representations_stand_in_the_texts_order(classifier):
    texts = ["good dress the room", "bad", "the the the the the the room", "好"]
    together = classifier.representations(texts)
    alone = np.concatenate([classifier.representations([text]) for text in texts])
    assert together.shape == (4, 32)
    np.testing.assert_allclose(together, alone, atol=0.1)
