import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from bigmodel_utils.training.batches import Encoded
from bigmodel_utils.training.checkpoint import CheckpointError
from bigmodel_utils.training.e5_file import WeightsError
from bigmodel_utils.training.entities import IGNORED, Tagger, Tagging, fit_entities, words_encoded
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.loop import Loop
from bigmodel_utils.training.pretrained import load_tagger

LABELS = ["O", "B-THING", "I-THING"]


@pytest.fixture(scope="session")
def tagged() -> pd.DataFrame:
    """Texts in which "room" and "dress", and what follows "very" behind them, are things."""
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(160):
        words, tags = [], []
        for _ in range(rng.integers(1, 6)):
            if rng.random() < 0.4:
                words += [rng.choice(["room", "dress"]), "very"]
                tags += ["B-THING", "I-THING"]
            else:
                words.append(rng.choice(["good", "bad", "the", "fine"]))
                tags.append("O")
        rows.append({"words": [str(word) for word in words], "tags": tags})
    return pd.DataFrame(rows)


@pytest.fixture
def run(start, tagged, smoke, settings, tmp_path):
    """Return a function that trains on 120 texts and validates on 40."""

    def train(name="tagger", **changes):
        use = {"train": tagged[:120], "validation": tagged[120:], "scenario": smoke, "settings": settings} | changes
        return fit_entities(
            start, use["train"], use["validation"], LABELS, use["scenario"], use["settings"], tmp_path / name, use.get("keep")
        )

    return train


def test_it_learns_entities_and_leaves_a_folder_that_tags(run, tagged):
    result = run()
    assert result.best("validation_f1") > 0.95
    assert result.history["loss"].iloc[-1] < 0.5 * result.history["loss"].iloc[0]
    tagger = Tagger.load(result.folder)
    assert tagger.labels == LABELS
    told = tagger.tags(tagged["words"][120:].tolist())
    assert [len(tags) for tags in told] == [len(words) for words in tagged["words"][120:]]
    assert np.mean([a == b for a, b in zip(told, tagged["tags"][120:], strict=True)]) > 0.9


def test_the_measure_counts_whole_entities():
    encoded = Encoded(np.arange(5), np.array([0, 5]), 0, 5)
    truth = np.array([1, 2, 0, 1, 2])
    answers = torch.nn.functional.one_hot(torch.tensor([[1, 2, 0, 1, 0]]), 3).float() * 9
    settings = type("Settings", (), {"balance_labels": False, "label_smoothing": 0.0})()
    task = Tagging(encoded, truth, encoded, truth, LABELS, settings)
    loss, f1 = task.score([task.observe(answers, np.array([0]))])
    assert f1 == pytest.approx(0.5)  # four of five tokens, one of two entities
    expected = torch.nn.functional.cross_entropy(answers[0], torch.from_numpy(truth))
    assert loss == pytest.approx(float(expected))


def test_only_a_words_first_token_carries_its_tag(start):
    _, tokenizer = load_tagger(start, LABELS)
    encoded, places, cut = words_encoded(tokenizer, [["dress", "zzz", "room"], ["good"]], 24)
    pieces = tokenizer.convert_ids_to_tokens(encoded.flat[places[0]])
    assert (pieces[0], pieces[2]) == ("▁dress", "▁room")
    assert len(encoded.flat) > 4 + 4  # "zzz" takes several tokens
    assert cut == 0
    assert len(places[1]) == 1


def test_long_texts_are_cut_and_said_to_be(run, tagged, smoke, start):
    long = tagged.copy()
    long["words"] = [words * 12 for words in tagged["words"]]
    long["tags"] = [tags * 12 for tags in tagged["tags"]]
    result = run(train=long[:120], validation=long[120:])
    assert "longer than the model reads" in result.notes[0].read()
    words = long["words"].iloc[0]
    tags = Tagger.load(result.folder).tags([words])[0]
    assert len(tags) == len(words)
    assert set(tags[40:]) == {"O"}
    more = smoke.model_copy(update={"model": smoke.model.model_copy(update={"max_tokens": 96})})
    with pytest.raises(TrainingError, match="at most 48"):
        run(scenario=more)


def test_a_killed_training_goes_on_and_a_foreign_checkpoint_is_refused(run, settings, tmp_path, monkeypatch):
    run("whole")
    step, keep = Loop._step, tmp_path / "checkpoints"

    def dies(self, rows):
        if self.course.step == 13:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        run(keep=keep)
    monkeypatch.setattr(Loop, "_step", step)
    with pytest.raises(CheckpointError, match="other data"):
        run(keep=keep, settings=settings.model_copy(update={"weight_decay": 0.5}))
    run(keep=keep)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "tagger"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_data_that_cannot_be_trained_on_is_refused(run, tagged, settings):
    with pytest.raises(TrainingError, match="without rows"):
        run(validation=tagged[:0])
    with pytest.raises(TrainingError, match="tag 'B-THNG'"):
        run(train=tagged.assign(tags=[["B-THNG"] * len(words) for words in tagged["words"]]))
    with pytest.raises(TrainingError, match="of one tag, 'O'"):
        run(train=tagged.assign(tags=[["O"] * len(words) for words in tagged["words"]]))
    with pytest.raises(TrainingError, match="one tag for every word"):
        run(train=tagged.assign(tags=[["O"]] * len(tagged)))
    with pytest.raises(TrainingError, match="no number"):
        run(settings=settings.model_copy(update={"learning_rate": 1e30}))


def test_a_tagger_of_other_tags_is_refused(run):
    folder = run().folder
    with pytest.raises(WeightsError, match="decides between"):
        load_tagger(folder, ["O", "B-PLACE"])


def test_a_tag_that_never_occurs_weighs_nothing(tagged, start, settings):
    balanced = settings.model_copy(update={"balance_labels": True})
    encoded = Encoded(np.arange(4), np.array([0, 4]), 0, 4)
    tags = np.array([0, 1, IGNORED, 0])
    task = Tagging(encoded, tags, encoded, tags, LABELS, balanced)
    assert torch.isfinite(task.loss(torch.zeros(1, 4, 3), np.array([0])))
    assert task.weight(np.array([0])) == 3
