import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from bigmodel_utils.training.e5_file import WeightsError
from bigmodel_utils.training.language_model import fit_language_model, packed
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.loop import Loop

TEXTS = ["the good dress", "the bad room", "very good very good", "the fine room"] * 40


@pytest.fixture(scope="session")
def writer(start, tmp_path_factory):
    """A folder with a two-layer GPT-2 and the small tokenizer."""
    folder = tmp_path_factory.mktemp("writer")
    tokenizer = AutoTokenizer.from_pretrained(start)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer) + 3, n_positions=48, n_embd=32, n_layer=2, n_head=2,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def run(writer, smoke, settings, tmp_path):
    def train(name="writer", settings=settings, texts=TEXTS, keep=None, start=writer):
        return fit_language_model(start, texts, TEXTS[:20], smoke, settings, tmp_path / name, keep)

    return train


@pytest.mark.parametrize(("changes", "share"), [({"frozen_layers": 1}, 0.7), ({"adapter_rank": 8, "learning_rate": 2e-2}, 0.9)])
def test_perplexity_falls_and_plain_transformers_agrees(run, settings, changes, share):
    result = run(settings=settings.model_copy(update={"epochs": 8, "patience": 9, **changes}))
    told = result.history["validation_perplexity"].dropna()
    assert told.iloc[-1] < share * told.iloc[0]
    model = AutoModelForCausalLM.from_pretrained(result.folder).eval()
    blocks = packed(AutoTokenizer.from_pretrained(result.folder), TEXTS[:20], 24)
    ids, mask = blocks.batch(np.arange(len(blocks.lengths)))
    with torch.inference_mode():
        loss = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100)).loss
    assert float(loss.exp()) == pytest.approx(result.best("validation_perplexity"), rel=0.03)


def test_texts_are_packed_without_padding_or_loss(writer):
    tokenizer = AutoTokenizer.from_pretrained(writer)
    blocks = packed(tokenizer, TEXTS[:10], 7)
    plain = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS[:10]]
    assert blocks.flat.tolist() == [token for text in plain for token in (*text, tokenizer.eos_token_id)]
    assert set(blocks.lengths[:-1]) == {7}
    assert 2 <= blocks.lengths[-1] <= 7
    with pytest.raises(TrainingError, match="at least two tokens"):
        packed(tokenizer, [], 7)


def test_a_killed_training_goes_on_to_the_same_weights(run, tmp_path, monkeypatch):
    run("whole")
    step = Loop._step

    def dies(self, rows):
        if self.course.step == 6:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        run(keep=tmp_path / "keep")
    monkeypatch.setattr(Loop, "_step", step)
    run(keep=tmp_path / "keep")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "writer"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_cannot_be_learned_from_is_refused(run, start, settings):
    with pytest.raises(WeightsError, match="a causal language model"):
        run(start=start)
    with pytest.raises(TrainingError, match="at least two tokens"):
        run(texts=[])
    with pytest.raises(TrainingError, match="no number"):
        run(settings=settings.model_copy(update={"learning_rate": 1e30}))
