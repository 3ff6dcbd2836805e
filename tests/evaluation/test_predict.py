import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bigmodel_utils.evaluation import speed
from bigmodel_utils.evaluation.predict import Classifier, PredictionError
from bigmodel_utils.training import forward

rng = np.random.default_rng(1)
TEXTS = [" ".join(rng.choice(["good", "bad", "the", "dress", "room"], n)) for n in rng.integers(1, 30, 60)] + ["", "<b>好</b>"]


def _tolerance(classifier: Classifier) -> float:
    return 0.1 if classifier.device.bfloat16 else 1e-5  # random weights exaggerate; trained ones stay within 0.03


def test_answers_stand_in_the_texts_order(classifier, monkeypatch):
    monkeypatch.setitem(forward.BATCH_TOKENS, "cpu", 64)
    together = classifier.probabilities(TEXTS)
    one_by_one = np.concatenate([classifier.probabilities([text]) for text in TEXTS])
    np.testing.assert_allclose(together, one_by_one, atol=_tolerance(classifier))
    np.testing.assert_allclose(together.sum(axis=1), 1)
    assert np.ptp(together[:, 0]) > 0.1


def test_answers_equal_plain_transformers(classifier, folder):
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        plain = model(input_ids=encoded.input_ids, attention_mask=encoded.attention_mask).logits.softmax(dim=1).numpy()
    np.testing.assert_allclose(classifier.probabilities(TEXTS), plain, atol=_tolerance(classifier))
    assert classifier.labels == ["negative", "positive"]


@pytest.mark.parametrize("frozen", [0, 1])
def test_texts_are_read_once_for_answers_and_vectors(classifier, exact, folder, frozen):
    answers, vectors = Classifier.load(folder, frozen).read(TEXTS)
    np.testing.assert_allclose(answers, classifier.probabilities(TEXTS), atol=_tolerance(classifier))
    encoded = [classifier.tokenizer(text, truncation=True, return_tensors="pt") for text in TEXTS]
    with torch.inference_mode():
        hidden = [exact.model.base_model(e.input_ids, e.attention_mask).last_hidden_state[0].mean(dim=0) for e in encoded]
    np.testing.assert_allclose(vectors, torch.stack(hidden).numpy(), atol=3 * _tolerance(classifier))


def test_no_texts_no_answers(classifier):
    assert classifier.probabilities([]).shape == (0, 2)
    assert classifier.representations([]).shape == (0, 32)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(PredictionError, match="a folder that training wrote"):
        Classifier.load(tmp_path)


def test_speed_is_measured(classifier):
    rate = speed.throughput(classifier, TEXTS)
    assert 0 < rate.low <= rate.mid <= rate.high
    assert (rate.unit, rate.n, rate.origin) == ("texts/s", len(TEXTS), "measured")
    delays = speed.latency(classifier, TEXTS, 20)
    assert list(delays) == ["latency_p50_ms", "latency_p95_ms", "latency_p99_ms"]
    assert 0 < delays["latency_p50_ms"].mid <= delays["latency_p95_ms"].mid <= delays["latency_p99_ms"].mid
    assert 0.1 < speed.peak_memory().mid < 100
