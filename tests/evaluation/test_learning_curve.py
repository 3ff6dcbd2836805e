import numpy as np
import pandas as pd
import pytest

from bigmodel_utils.evaluation import learning_curve
from bigmodel_utils.evaluation.learning_curve import CurveError
from bigmodel_utils.training.rival import fit_rival

SIZES = [25, 50, 100, 200, 400, 800]


def _curve(scale: float, slope: float, rest: float, noise: float = 0.0, repeats: int = 3, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(n, r, scale * n**-slope + rest + noise * rng.normal()) for n in SIZES for r in range(repeats)]
    return pd.DataFrame(rows, columns=["size", "repeat", "error"])


@pytest.mark.parametrize(("scale", "slope", "rest"), [(1.5, 0.5, 0.1), (0.8, 0.25, 0.0), (3.0, 0.9, 0.15)])
def test_a_known_law_is_found_again(scale, slope, rest):
    law = learning_curve.fit(_curve(scale, slope, rest), seed=7)
    assert (law.slope, law.rest) == (pytest.approx(slope, abs=0.02), pytest.approx(rest, abs=0.01))
    assert law.error(1600).mid == pytest.approx(scale * 1600**-slope + rest, rel=0.01)
    wanted = scale * 300**-slope + rest
    assert law.labels_for(wanted).mid == pytest.approx(300, rel=0.06)


def test_noise_widens_the_interval():
    calm, noisy = (learning_curve.fit(_curve(1.5, 0.5, 0.1, noise), 7).error(3000) for noise in (0.001, 0.01))
    assert calm.high - calm.low < noisy.high - noisy.low
    assert noisy.origin == "estimated"


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    truth = 1.5 * 800**-0.5 + 0.1
    found = [learning_curve.fit(_curve(1.5, 0.5, 0.1, noise=0.006, seed=seed), 7).error(800) for seed in range(40)]
    held = np.mean([law.low <= truth <= law.high for law in found])
    spread = np.std([law.mid for law in found])
    assert 0.6 <= held <= 0.95
    assert np.mean([law.high - law.low for law in found]) / 2 / 1.2816 == pytest.approx(spread, rel=0.35)


def test_an_error_below_the_floor_is_never_reached():
    assert learning_curve.fit(_curve(1.5, 0.5, 0.1), 7).labels_for(0.05) is None


def test_too_few_sizes_are_refused():
    with pytest.raises(CurveError, match="at least 3"):
        learning_curve.fit(_curve(1, 0.5, 0).query("size < 100"), 7)
    with pytest.raises(CurveError, match="at most 10"):
        learning_curve.measure(lambda rows: np.ones(1), np.zeros(10), [20], 1, 7)


def test_training_sets_are_balanced_distinct_and_repeatable():
    labels, seen = np.repeat([0, 1], [70, 30]), []
    learning_curve.measure(lambda rows: seen.append(rows) or np.ones(3), labels, [10, 40, 80], 2, 7)
    assert [len(set(rows)) for rows in seen] == [10, 10, 40, 40, 80, 80]
    assert [int(labels[rows].sum()) for rows in seen] == [5, 5, 20, 20, 30, 30]
    again = []
    learning_curve.measure(lambda rows: again.append(rows) or np.ones(3), labels, [10, 40, 80], 2, 7)
    assert all((a == b).all() for a, b in zip(seen, again, strict=True))


def test_a_head_on_good_vectors_needs_few_labels():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 600)
    vectors = rng.normal(size=(600, 20)) + 2.0 * labels[:, None] * (np.arange(20) < 2)
    right = learning_curve.head_on_trunk(vectors[:400], labels[:400], vectors[400:], labels[400:])
    curve = learning_curve.measure(right, labels[:400], [20, 100, 400], 3, 7).groupby("size")["error"].mean()
    assert curve[400] < 0.2
    assert curve[400] < curve[20]


def test_the_rival_alone_learns_from_rows():
    words = np.array(["bad", "good"])
    labels = np.random.default_rng(0).integers(0, 2, 90)
    rows = pd.DataFrame({"text": [f"the {words[label]} dress {i % 5}" for i, label in enumerate(labels)], "label": labels})
    right = learning_curve.rival_alone(rows[:50], rows[50:70], rows[70:], "en")
    assert right(np.arange(50)).mean() == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_counting_once_reads_as_a_rival_fitted_on_the_drawn_rows(language):
    rng = np.random.default_rng(3)
    words = np.array(["good", "bad", "很好", "很差", "the", "dress", "房间", "room"])
    labels = rng.integers(0, 2, 160)
    texts = [" ".join([*rng.choice(words, 5), words[2 * rng.integers(2) + label]]) for label in labels]
    rows = pd.DataFrame({"text": texts, "label": labels})
    train, validation, test = rows[:100], rows[100:130], rows[130:]
    right = learning_curve.rival_alone(train, validation, test, language)
    for drawn in (np.arange(100), rng.permutation(100)[:30]):
        fitted = fit_rival(train.iloc[drawn], validation, language, 2, seed=0)
        answers = fitted.probabilities(test["text"].tolist()).argmax(axis=1)
        assert (right(drawn) == (answers == test["label"].to_numpy())).all()
