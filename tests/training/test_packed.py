import copy

import pytest
import torch

from bigmodel_utils.training import packed
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.pretrained import load_classifier

if not torch.backends.mkldnn.is_available():
    pytest.skip("this torch has no oneDNN, and packing leaves models as they are", allow_module_level=True)


@pytest.fixture
def made(start, reviews):
    model, tokenizer = load_classifier(start, ["negative", "positive"])
    return model.eval().to(torch.bfloat16).requires_grad_(False), encode(tokenizer, reviews["text"].tolist()[:24], 24)


def _replaced(model) -> set[str]:
    return {type(part).__name__ for part in model.modules() if "forward" in vars(part)}


def _answers(model, texts) -> torch.Tensor:
    ids, mask = texts.batch(range(24))
    with torch.inference_mode():
        return model(input_ids=ids, attention_mask=mask).logits.float()


def test_a_packed_model_answers_as_before(made):
    model, texts = made
    plain = copy.deepcopy(model)
    assert packed.pack(model) is model
    assert _replaced(model) == {"Linear", "BertIntermediate", "BertSelfOutput", "BertOutput"}
    torch.testing.assert_close(_answers(model, texts), _answers(plain, texts), rtol=0.02, atol=0.02)
    assert model.state_dict().keys() == plain.state_dict().keys()


@pytest.mark.parametrize("reason", ["another answer", "no such operator"])
def test_a_model_that_cannot_be_packed_stays_as_it_is(made, monkeypatch, reason):
    model, texts = made
    expected = _answers(model, texts)
    if reason == "another answer":
        monkeypatch.setattr(packed, "laid_out", lambda weight: torch.ops.mkldnn._reorder_linear_weight(-weight))
    else:
        monkeypatch.setattr(packed, "laid_out", torch.ops.mkldnn.__getattr__)
    packed.pack(model)
    assert not _replaced(model)
    assert torch.equal(_answers(model, texts), expected)
