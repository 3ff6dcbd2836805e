from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bigmodel_utils.training import loop
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.checkpoint import CheckpointError
from bigmodel_utils.training.classification import Classification, Labelled
from bigmodel_utils.training.device import Device, DeviceError
from bigmodel_utils.training.e5_file import WeightsError
from bigmodel_utils.training.fit import fit
from bigmodel_utils.training.loop import Loop, TrainingError
from bigmodel_utils.training.pretrained import load_classifier


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def _same(first: Path, second: Path) -> bool:
    one, other = _weights(first), _weights(second)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def run(start, reviews, smoke, settings, tmp_path):
    """Return a function that trains on 160 reviews and validates on 80."""

    def train(name: str = "model_a", scenario=smoke, **changes):
        use = {"start": start, "train": reviews[:160], "validation": reviews[160:], "settings": settings} | changes
        return fit(use["start"], use["train"], use["validation"], scenario, use["settings"], tmp_path / name, use.get("keep"))

    return train


def test_it_learns_and_leaves_a_plain_folder(run, reviews):
    result = run()
    checks = result.history.dropna()
    assert checks["validation_accuracy"].max() > 0.95
    assert result.history["loss"].iloc[-1] < 0.5 * result.history["loss"].iloc[0]
    assert result.best_step == checks.loc[checks["validation_loss"].idxmin(), "step"]
    model = AutoModelForSequenceClassification.from_pretrained(result.folder)
    tokenizer = AutoTokenizer.from_pretrained(result.folder)
    assert model.config.id2label == {0: "negative", 1: "positive"}
    assert tokenizer.model_max_length == 24
    answers = model(**tokenizer(reviews["text"].tolist()[160:], return_tensors="pt", padding=True)).logits.argmax(dim=1)
    assert (answers.numpy() == reviews["label"].to_numpy()[160:]).mean() == checks["validation_accuracy"][
        checks["validation_loss"].idxmin()
    ]


def test_embeddings_learn_only_when_asked(run, start, settings):
    before = _weights(start)["embeddings.word_embeddings.weight"]
    one_epoch = settings.model_copy(update={"epochs": 1})
    frozen = run("frozen", settings=one_epoch)
    learned = run("learned", settings=one_epoch.model_copy(update={"train_embeddings": True}))
    assert torch.equal(_weights(frozen.folder)["bert.embeddings.word_embeddings.weight"], before)
    assert not torch.equal(_weights(learned.folder)["bert.embeddings.word_embeddings.weight"], before)
    assert frozen.trained_parameters < learned.trained_parameters == learned.parameters


def test_frozen_layers_stay_as_they_are(run, start, settings):
    before = _weights(start)
    after = _weights(run(settings=settings.model_copy(update={"frozen_layers": 1, "epochs": 1})).folder)
    name = "encoder.layer.{}.attention.self.query.weight"
    assert torch.equal(after["bert." + name.format(0)], before[name.format(0)])
    assert not torch.equal(after["bert." + name.format(1)], before[name.format(1)])
    with pytest.raises(TrainingError, match="at most 2"):
        run(settings=settings.model_copy(update={"frozen_layers": 3}))


def test_an_anchor_keeps_the_weights_near_their_start(run, start, settings):
    def moved(folder: Path) -> float:
        before, after = _weights(start), _weights(folder)
        return sum(float((after["bert." + name] - tensor).square().sum()) for name, tensor in before.items())

    free = moved(run("free").folder)
    held = moved(run("held", settings=settings.model_copy(update={"anchor": 1.0, "weight_decay": 0.0})).folder)
    assert held < 0.5 * free


def _answers(folder: Path, reviews: pd.DataFrame) -> np.ndarray:
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        return model(**tokenizer(reviews["text"].tolist(), return_tensors="pt", padding=True)).logits.softmax(dim=1).numpy()


def test_balanced_labels_weigh_the_rare_one_as_much(run, reviews, settings):
    """Where texts say nothing about the label, answers fall to the share of each label, or to even odds."""
    chance = reviews[:88].assign(label=np.repeat([0, 1, 0], [40, 8, 40]))
    plain, balanced = (
        _answers(run(name, train=chance, validation=chance, settings=changed).folder, reviews)[:, 1].mean()
        for name, changed in (("plain", settings), ("balanced", settings.model_copy(update={"balance_labels": True})))
    )
    assert plain < 0.25
    assert balanced == pytest.approx(0.5, abs=0.15)


def test_smoothing_tempers_confidence(run, reviews, settings):
    longer = settings.model_copy(update={"epochs": 10, "patience": 20})
    smooth, sharp = (
        _answers(run(name, settings=longer.model_copy(update={"label_smoothing": share})).folder, reviews).max(axis=1).mean()
        for name, share in (("smooth", 0.4), ("sharp", 0.0))
    )
    assert sharp > 0.95
    assert smooth < 0.9


def test_the_same_seed_gives_the_same_weights(run, smoke):
    first, second = run("first"), run("second")
    other = run("other", scenario=smoke.model_copy(update={"seed": 8}))
    assert _same(first.folder, second.folder)
    assert not _same(first.folder, other.folder)


@pytest.mark.parametrize("killed_at", [3, 7, 21, 38])
def test_a_killed_training_goes_on_to_the_same_weights(run, tmp_path, monkeypatch, killed_at):
    whole = run("model_b", keep=None)
    whole.folder.rename(tmp_path / "whole")
    step, keep = Loop._step, tmp_path / "checkpoints"

    def dies(self, rows):
        if self.course.step == killed_at:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        run("model_b", keep=keep)
    assert not (tmp_path / "model_b").exists()
    monkeypatch.setattr(Loop, "_step", step)
    resumed = run("model_b", keep=keep)
    assert _same(resumed.folder, tmp_path / "whole")
    assert resumed.history["validation_loss"].dropna().tolist() == whole.history["validation_loss"].dropna().tolist()
    assert list(keep.iterdir()) == []


def test_a_checkpoint_of_another_training_is_refused(run, settings, tmp_path, monkeypatch):
    def dies(self, rows):
        raise KeyboardInterrupt

    keep = tmp_path / "checkpoints"
    step = Loop._step
    monkeypatch.setattr(Loop, "_step", lambda self, rows: step(self, rows) if self.course.step < 6 else dies(self, rows))
    with pytest.raises(KeyboardInterrupt):
        run(keep=keep)
    with pytest.raises(CheckpointError, match="other data, settings or weights"):
        run(keep=keep, settings=settings.model_copy(update={"learning_rate": 1e-4}))
    (keep / "model_a.safetensors").write_bytes(b"cut short")
    with pytest.raises(CheckpointError):
        run(keep=keep)


def test_it_stops_early_and_keeps_the_best(run, settings, reviews):
    noise = reviews[160:].assign(label=np.random.default_rng(0).integers(0, 2, 80))
    result = run(settings=settings.model_copy(update={"epochs": 20, "patience": 2}), validation=noise)
    checks = result.history.dropna()
    assert result.stopped_early
    assert result.steps < 200
    assert len(checks) - 1 - checks["validation_loss"].to_numpy().argmin() == 2


def test_memory_that_runs_out_halves_the_batch_and_says_so(run, monkeypatch):
    backward, sizes = Loop._backward, []

    def small(self, number, rows, weight):
        sizes.append(len(rows))
        if len(rows) > 4:
            raise torch.OutOfMemoryError("out of memory")
        return backward(self, number, rows, weight)

    monkeypatch.setattr(Loop, "_backward", small)
    result = run()
    assert max(sizes[4:]) <= 4
    assert result.history["validation_accuracy"].max() > 0.95
    assert "4 parts" in result.notes[0].read()


def test_a_batch_in_parts_has_the_same_gradient(start, reviews, settings):
    model, tokenizer = load_classifier(start, ["negative", "positive"])
    data = Labelled(encode(tokenizer, reviews["text"].tolist(), 24), reviews["label"].to_numpy())
    made = Loop(model, Classification(data, data, 2, settings), settings, 7, Device("cpu", False, "CPU"))
    rows, gradients = np.arange(16), []
    for made._parts, made.course.splits in ((1, 1), (2, 1), (1, 4)):
        with made._held():
            made.image.model.eval()
            made._gradients(rows)
        gradients.append(torch.cat([p.grad.flatten() for p in made.parameters.values()]))
    for other in gradients[1:]:
        torch.testing.assert_close(other, gradients[0], rtol=1e-4, atol=1e-6)


def test_one_text_too_large_for_the_memory_is_refused(run, monkeypatch):
    def full(self, number, rows, weight):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(Loop, "_backward", full)
    with pytest.raises(DeviceError, match="one text at a time"):
        run()


def test_a_loss_that_is_no_number_is_refused(run, settings):
    with pytest.raises(TrainingError, match="no number"):
        run(settings=settings.model_copy(update={"learning_rate": 1e30}))


def test_data_that_cannot_be_trained_on_is_refused(run, reviews, smoke):
    with pytest.raises(TrainingError, match="without any 'positive'"):
        run(train=reviews[reviews["label"] == 0])
    with pytest.raises(TrainingError, match="label 5"):
        run(train=reviews.assign(label=5))
    with pytest.raises(TrainingError, match="without rows"):
        run(validation=reviews[:0])
    longer = smoke.model_copy(update={"model": smoke.model.model_copy(update={"max_tokens": 96})})
    with pytest.raises(TrainingError, match="at most 48"):
        run(scenario=longer)


def test_a_model_of_other_labels_is_refused(run, smoke):
    first = run("first")
    other = smoke.task.model_copy(update={"labels": ["spam", "ham"], "event": "spam"})
    with pytest.raises(WeightsError, match="decides between"):
        run("second", scenario=smoke.model_copy(update={"task": other}), start=first.folder)


def test_cuda_without_a_gpu_is_refused(run, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("BIGMODEL_DEVICE", "cuda")
    with pytest.raises(DeviceError, match="no GPU"):
        run()
    monkeypatch.setenv("BIGMODEL_DEVICE", "gpu")
    with pytest.raises(DeviceError, match="one of: auto, cpu, cuda"):
        run()


def test_the_rate_warms_up_and_decays(start, reviews, settings):
    model, tokenizer = load_classifier(start, ["negative", "positive"])
    data = Labelled(encode(tokenizer, reviews["text"].tolist(), 24), reviews["label"].to_numpy())
    slow = settings.model_copy(update={"warmup_share": 0.2, "epochs": 2})
    made = Loop(model, Classification(data, data, 2, slow), slow, 7, Device("cpu", False, "CPU"))
    rates = []
    for step in range(made.steps):
        made.course.step = step
        rates.append(made._rate())
    assert made.steps == 30
    assert rates[5] == pytest.approx(1) == max(rates)
    assert rates[0] == pytest.approx(1 / 6)
    assert np.all(np.diff(rates[6:]) < 0)
    assert 0 < rates[-1] < 0.05


def test_progress_is_silent_without_a_reader(run, capfd, monkeypatch):
    monkeypatch.delenv("BIGMODEL_BATCH", raising=False)
    run()
    assert capfd.readouterr() == ("", "")
    assert loop.CLIP_NORM > 0
