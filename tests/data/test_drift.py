import numpy as np
import pytest
from check_values import CHECK_VALUES
from company_file import WORDS, write_csv

from bigmodel_utils.data import DataError, drift


def stream(count: int, seed: int, words=WORDS, length=(6, 14)) -> list[str]:
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, len(words) + 1)
    return [" ".join(rng.choice(words, rng.integers(*length), p=shares / shares.sum())) for _ in range(count)]


def test_the_same_source_raises_no_alarm():
    reference = stream(600, 0)
    alarms = [drift.drift(reference, stream(300, seed), seed).alarm for seed in range(1, 9)]
    assert sum(alarms) == 0


@pytest.mark.parametrize(
    ("new", "measure"),
    [
        (stream(300, 1, words=WORDS[::-1]), "words"),
        (stream(300, 1, length=(12, 24)), "lengths"),
        (stream(200, 1) + ["ordinary words nobody used before today"] * 100, "unseen words"),
        ([text.replace(" ", "!! ") for text in stream(300, 1)], "characters"),
    ],
)
def test_each_measure_sees_its_own_change(new, measure):
    found = drift.drift(stream(600, 0), new, seed=1)
    assert found.measures.set_index("measure")["alarm"][measure]
    assert found.alarm


def test_meaning_moves_with_the_vectors_and_not_without():
    rng = np.random.default_rng(5)

    def represent(texts):
        return rng.normal(size=(len(texts), 8)) + np.array([[3.0 * ("recall" in text)] * 8 for text in texts])

    reference, same = stream(600, 0), stream(300, 1)
    for new, alarm in ((same, False), ([f"recall {text}" for text in same], True)):
        found = drift.drift(reference, new, 1, represent).measures.set_index("measure").loc["meaning"]
        assert bool(found["alarm"]) is alarm
    assert found["value"] == pytest.approx(3 * np.sqrt(8), rel=0.1)


def test_what_moved_most_is_named():
    found = drift.drift(stream(600, 0), [f"recall {text}" for text in stream(300, 1)], seed=1)
    assert found.words["word"].iloc[0] == "recall"
    assert found.words["now"].iloc[0] == pytest.approx(1)


def test_a_file_against_the_reference(tmp_path, market):
    path = write_csv(tmp_path / "new.csv", [(text, "good") for text in stream(200, 3)])
    found = drift.of_file(path, market("file:new.csv"), stream(400, 0), seed=1)
    assert not found.alarm
    with pytest.raises(DataError, match="400 reference texts and 10 new ones"):
        drift.of_file(
            write_csv(tmp_path / "few.csv", [("text number", "good")] * 10), market("file:few.csv"), stream(400, 0), 1
        )


def test_measures_against_their_definitions():
    p, q = np.array([[3.0, 1.0, 0.0]]), np.array([[1.0, 1.0, 2.0]])
    a, b = p / 4, q / 4
    middle = (a + b) / 2
    kl = [sum(x * np.log2(x / m) for x, m in zip(side[0], middle[0], strict=True) if x) for side in (a, b)]
    assert drift._jensen_shannon(p, q)[0] == pytest.approx(sum(kl) / 2)
    assert drift._jensen_shannon(p, p)[0] == 0
    known = CHECK_VALUES["jsd"]
    assert drift._jensen_shannon(np.array([[5.0, 5.0]]), np.array([[9.0, 1.0]]))[0] == pytest.approx(known, abs=1e-6)
    assert drift._unseen(p, q)[0] == 0.5
    assert drift._stability(p, p)[0] == 0
