import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from bigmodel_utils.training.fit import fit
from bigmodel_utils.training.learned import Adapters, TrainingError, set_dropout, trained
from bigmodel_utils.training.loop import Loop
from bigmodel_utils.training.pretrained import load_classifier

LABELS = ["negative", "positive"]


@pytest.fixture
def adapting(settings):
    return settings.model_copy(update={"adapter_rank": 4, "learning_rate": 1e-2, "frozen_layers": 1})


def _run(start, reviews, smoke, settings, out, keep=None):
    return fit(start, reviews[:160], reviews[160:], smoke, settings, out, keep)


def test_adapters_learn_and_leave_a_plain_folder(start, reviews, smoke, adapting, tmp_path):
    result = _run(start, reviews, smoke, adapting, tmp_path / "model_b")
    assert result.validation_accuracy > 0.9
    assert result.trained_parameters < 0.5 * result.parameters
    before, after = load_file(start / "model.safetensors"), load_file(tmp_path / "model_b" / "model.safetensors")
    assert {f"bert.{name}" for name in before} <= after.keys()
    assert not any("lora" in name for name in after)
    same = {name for name, tensor in before.items() if torch.equal(tensor, after[f"bert.{name}"])}
    moved = before.keys() - same
    assert {name for name in moved if ".layer.1." not in name} == set()
    assert all(name.endswith("weight") and "LayerNorm" not in name for name in moved)
    assert "encoder.layer.1.attention.self.query.weight" in moved
    whole = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model_b")
    assert whole.num_parameters() == result.parameters


def test_a_killed_adapter_training_goes_on_to_the_same_weights(start, reviews, smoke, adapting, tmp_path, monkeypatch):
    _run(start, reviews, smoke, adapting, tmp_path / "whole" / "model_b")
    step = Loop._step

    def dies(self, rows):
        if self.course.step == 17:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        _run(start, reviews, smoke, adapting, tmp_path / "model_b", tmp_path / "keep")
    monkeypatch.setattr(Loop, "_step", step)
    _run(start, reviews, smoke, adapting, tmp_path / "model_b", tmp_path / "keep")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole/model_b", "model_b"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_adapters_that_fit_nowhere_are_refused(start, adapting):
    model, _ = load_classifier(start, LABELS)
    with pytest.raises(TrainingError, match="every layer frozen"):
        Adapters(model, adapting.model_copy(update={"frozen_layers": 2}))
    with pytest.raises(TrainingError, match="one of the two"):
        Adapters(model, adapting.model_copy(update={"train_embeddings": True}))


def test_the_merged_model_answers_as_the_adapted_one(start, adapting):
    model, _ = load_classifier(start, LABELS)
    adapters = Adapters(model.eval(), adapting)
    for name, parameter in trained(model, adapting).items():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    ids = torch.arange(10).view(2, 5)
    with torch.inference_mode():
        adapted = model(input_ids=ids).logits
        torch.testing.assert_close(adapters.merged()(input_ids=ids).logits, adapted, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(adapted, load_classifier(start, LABELS)[0].eval()(input_ids=ids).logits)


def test_dropout_is_set_everywhere(start):
    model, _ = load_classifier(start, LABELS)
    set_dropout(model, 0.0)
    ids = torch.arange(10).view(2, 5)
    torch.testing.assert_close(model.train()(input_ids=ids).logits, model.eval()(input_ids=ids).logits)
    set_dropout(model, 0.5)
    assert {part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)} == {0.5}
    model.train()
    assert not torch.allclose(model(input_ids=ids).logits, model(input_ids=ids).logits)
