import copy

import numpy as np
import pytest
import torch

from bigmodel_utils.training import dropout, trunk
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.pretrained import load_classifier
from bigmodel_utils.training.trunk import Trunk

LABELS = ["negative", "positive"]


@pytest.fixture
def made(start, reviews):
    model, tokenizer = load_classifier(start, LABELS)
    return model.eval(), encode(tokenizer, reviews["text"].tolist()[:40], 24)


def test_held_texts_get_the_whole_models_answers(made):
    model, texts = made
    rows = np.array([7, 3, 31, 12])
    ids, mask = texts.batch(rows)
    with torch.inference_mode():
        expected = model(input_ids=ids, attention_mask=mask).logits
    names = list(model.state_dict())
    held = Trunk(model, 1, 128)
    (texts_held,) = held.hold(texts)
    assert len(trunk.layers(model)) == 0  # no stack of two is left: the lower layer is out of the way
    assert texts_held.states.shape == (len(texts.flat), model.config.hidden_size)
    torch.testing.assert_close(held.output(texts_held, rows).logits, expected, rtol=1e-4, atol=1e-5)
    held.restore()
    assert list(model.state_dict()) == names
    with torch.inference_mode():
        torch.testing.assert_close(model(input_ids=ids, attention_mask=mask).logits, expected)


@pytest.mark.parametrize("reason", ["memory", "nothing frozen", "an architecture of another build"])
def test_where_holding_does_not_do_the_whole_model_runs(made, monkeypatch, reason):
    model, texts = made
    if reason == "memory":
        monkeypatch.setattr(trunk, "_MOST_BYTES", 100)
    if reason == "an architecture of another build":
        monkeypatch.setattr(trunk._Recall, "forward", lambda *_, **__: torch.zeros(2, 8, 32))
    held = Trunk(model, 0 if reason == "nothing frozen" else 1, 128)
    (texts_held,) = held.hold(texts)
    assert texts_held.states is None
    assert len(trunk.layers(model)) == 2
    ids, mask = texts.batch(np.arange(3))
    found = held.output(texts_held, np.arange(3)).logits
    torch.testing.assert_close(found, model(input_ids=ids, attention_mask=mask).logits)


def test_an_equal_frozen_part_reads_the_same_texts_once(made, monkeypatch):
    model, texts = made
    trunk.forget()
    asked = []
    monkeypatch.setattr(Trunk, "_states", lambda self, *rest, states=Trunk._states: asked.append(self) or states(self, *rest))

    def hold(one):
        cut = Trunk(one, 1, 128)
        (held,) = cut.hold(texts)
        cut.restore()
        return cut, held.states

    other = copy.deepcopy(model)
    with torch.no_grad():
        trunk.layers(other)[1].output.dense.weight.add_(1)  # above the frozen part
    first, states = hold(model)
    second, again = hold(other)
    assert asked == [first]
    assert again is states
    assert first.spared == 0 < second.spared
    with torch.no_grad():
        trunk.layers(other)[0].output.dense.weight[0, 0] += 1
    third, changed = hold(other)
    assert asked == [first, third]
    assert not torch.equal(changed, states)
    monkeypatch.setattr(trunk, "_MOST_REMEMBERED", states.nbytes)
    trunk.embeddings(other).word_embeddings.weight.data[0] += 1
    hold(other)
    assert len(trunk._memory) == 1  # the oldest made room


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_by_bytes_keeps_the_mean(share):
    torch.manual_seed(3)
    values = torch.ones(400, 501, requires_grad=True)
    dropped = dropout.drop(values, share)
    assert float((dropped == 0).float().mean()) == pytest.approx(share, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())
    torch.manual_seed(3)
    assert torch.equal(dropout.drop(values, share), dropped)


def test_a_lightened_model_answers_as_before(made):
    model, texts = made
    ids, mask = texts.batch(np.arange(8))
    expected = model(input_ids=ids, attention_mask=mask).logits
    dropout.lighten(model)
    assert model.config._attn_implementation == "bigmodel_bytes"
    torch.testing.assert_close(model(input_ids=ids, attention_mask=mask).logits, expected, rtol=1e-4, atol=1e-5)
    assert not [part for part in model.modules() if type(part) is torch.nn.Dropout]
    model.train()
    assert not torch.allclose(model(input_ids=ids, attention_mask=mask).logits, expected)


def test_parts_draw_by_their_own_seed(made):
    model, texts = made
    ids, mask = texts.batch(np.arange(8))
    dropout.lighten(model)
    model.train()

    def answers(seed):
        with dropout.drawing(seed):
            return model(input_ids=ids, attention_mask=mask).logits

    first, before = answers(1), torch.get_rng_state()
    assert torch.equal(answers(1), first)
    assert not torch.equal(answers(2), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_that_draws_from_torch_itself_is_told_from_one_that_does_not(made):
    model, _ = made
    assert not dropout.is_light(model)
    dropout.lighten(model)
    assert dropout.is_light(model)
    assert not model.training
    model.classifier = torch.nn.Sequential(torch.nn.AlphaDropout(0.1), model.classifier)
    assert not dropout.is_light(model)
