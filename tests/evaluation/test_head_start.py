import numpy as np
import pandas as pd

from bigmodel_utils.evaluation import head_start
from bigmodel_utils.evaluation.answers import Answers
from bigmodel_utils.units import Quantity


def test_curves_of_both_readers_and_what_the_model_is_worth(classifier):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    words = np.array(["bad", "good"])
    texts = [
        " ".join([*rng.choice(["the", "dress", "room"], 4), words[label if rng.random() < 0.85 else 1 - label]])
        for label in labels
    ]
    rows = pd.DataFrame({"text": texts, "label": labels})
    parts = {"target_train": texts[:100], "target_validation": texts[100:130], "target_test": texts[130:]}
    read = {part: classifier.read(parts[part]) for part in parts}
    by_a = Answers(read["target_validation"][0], read["target_test"][0], None, {part: read[part][1] for part in parts})
    found = head_start.between(by_a, rows[:100], rows[100:130], rows[130:], "en", 7)
    assert found.curves.groupby("reader")["size"].agg(["min", "max", "count"]).loc["rival"].tolist() == [25, 100, 18]
    truth = rows["label"][130:].to_numpy()
    assert found.zero_shot_error == (classifier.probabilities(texts[130:]).argmax(axis=1) != truth).mean()
    assert found.worth is None or found.worth.origin == "estimated"
    assert found.meaning.read()


def test_the_sentence_follows_the_figure():
    worth = Quantity(mid=1800, low=1600, high=4500, unit="labels", origin="estimated", source="a curve")
    assert "with about 1,800 labels, beyond the 1,200 measured" in head_start._meaning(worth, 1200).read()
    assert "beyond" not in head_start._meaning(worth, 2400).read()
    assert "No number" in head_start._meaning(None, 1200).read()
