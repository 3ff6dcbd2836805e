"""Smaller forms of a trained model: what each keeps, and that what it writes is a model anybody can load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

import packed_model
import served_model
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from bigmodel_utils import scenario
from bigmodel_utils.choices import Training
from bigmodel_utils.deployment import distillation, onnx_export, pruning, variants, vocabulary
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.training.device import Device
from bigmodel_utils.training.trunk import layers

CHINESE = ["房间很好，服务棒", "衣服很差", "不喜欢的房间", "服务糟糕，讨厌", "好", "很不好的衣服，差"]
MIXED = [*CHINESE, "the room is good", "A poor dress", "～1"]


@pytest.fixture(autouse=True)
def on_cpu(monkeypatch) -> None:
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return served_model.write(tmp_path_factory.mktemp("compression") / "model")


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "onnx"
    onnx_export.exported(model, out)
    return out


@pytest.mark.parametrize(
    ("device", "trims", "left_out"),
    [
        (Device("cpu", True, "with matrix units"), True, []),
        (Device("cpu", False, "an older processor"), True, ["bfloat16"]),
        (Device("cpu", True, "with matrix units"), False, ["trimmed"]),
        (Device("cuda", True, "a GPU"), True, ["int8"]),
    ],
)
def test_a_form_that_a_machine_or_model_cannot_have_is_left_out_and_named(model, device, trims, left_out, monkeypatch):
    monkeypatch.setattr(variants, "choose", lambda: device)
    monkeypatch.setattr(vocabulary, "can_trim", lambda folder: trims)
    workshop = variants.Workshop.__new__(variants.Workshop)
    workshop.scenario, workshop.source = scenario.load("reviews_us_to_cn"), model
    wanted = workshop.scenario.deployment.variants
    assert workshop.left_out == left_out
    assert set(workshop.offered()) == {variants.BASELINE, *wanted} - set(left_out)
    workshop.scenario = scenario.load("reviews_us_to_cn", {"deployment.variants": ["trimed"]})
    with pytest.raises(variants.VariantError, match="'trimmed'"):
        workshop.offered()


def test_a_trimmed_model_answers_the_market_as_before(model, tmp_path):
    vocabulary.trimmed(model, CHINESE, tmp_path / "trimmed")
    before, after = Runtime.load(model), Runtime.load(tmp_path / "trimmed")
    assert after.tokenizer.get_vocab_size() < before.tokenizer.get_vocab_size()
    assert folders.size_mb(tmp_path / "trimmed") < folders.size_mb(model)
    for text in CHINESE:
        assert after.tokenizer.encode(text).tokens == before.tokenizer.encode(text).tokens
    assert np.allclose(after.probabilities(CHINESE), before.probabilities(CHINESE), atol=1e-6)


def test_a_trimmed_vocabulary_drops_the_other_market_and_keeps_what_texts_may_bring(model):
    tokenizer = AutoTokenizer.from_pretrained(model)
    kept = {tokenizer.convert_ids_to_tokens(index) for index in vocabulary.needed(tokenizer, CHINESE)}
    assert {"<s>", "</s>", "<pad>", "<unk>", "<mask>", "▁", "～", "1"} <= kept
    assert set(packed_model.CHINESE) <= kept
    assert not kept & {"▁dress", "▁good", "a"}
    both = {tokenizer.convert_ids_to_tokens(index) for index in vocabulary.needed(tokenizer, MIXED)}
    assert {"▁dress", "▁good", "▁lovely", "a", "z"} <= both


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*packed_model.CHINESE, "1", "～", " "]), min_size=1, max_size=12).map("".join))
def test_unseen_texts_of_the_script_are_cut_as_before(model, text):
    tokenizer = AutoTokenizer.from_pretrained(model)
    trimmed = vocabulary._with(tokenizer, vocabulary.needed(tokenizer, CHINESE))
    assert trimmed.tokenize(text) == tokenizer.tokenize(text)
    assert trimmed.decode(trimmed(text)["input_ids"]) == tokenizer.decode(tokenizer(text)["input_ids"])


def test_only_unigram_vocabularies_are_trimmed(model, tmp_path):
    assert vocabulary.can_trim(model)
    assert not vocabulary.can_trim(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE"}}))
    assert not vocabulary.can_trim(tmp_path)


def test_sixteen_bits_halve_the_file_and_keep_the_answer(model, tmp_path):
    variants.halved(model, tmp_path / "half")
    weights = (tmp_path / "half" / folders.TORCH).stat().st_size / (model / folders.TORCH).stat().st_size
    assert 0.45 < weights < 0.6
    assert np.allclose(
        Runtime.load(tmp_path / "half").probabilities(MIXED), Runtime.load(model).probabilities(MIXED), atol=0.03
    )


def test_magnitude_pruning_sets_the_smallest_weights_to_zero(model, tmp_path):
    pruning.sparse(model, tmp_path / "sparse")
    load = AutoModelForSequenceClassification.from_pretrained
    before, after = (
        torch.cat([p.flatten() for part in layers(load(folder)) for p in part.parameters() if p.ndim > 1])
        for folder in (model, tmp_path / "sparse")
    )
    gone = after == 0
    assert gone.float().mean().item() == pytest.approx(pruning.SPARSE_SHARE, abs=0.01)
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(before[~gone], after[~gone])


def test_neurons_that_never_fire_go_first_and_are_not_missed(model, tmp_path):
    dull = AutoModelForSequenceClassification.from_pretrained(model)
    with torch.no_grad():
        for layer in layers(dull):
            layer.output.dense.weight[:, ::4] = 0
    dull.save_pretrained(tmp_path / "dull")
    folders.copy_beside(model, tmp_path / "dull")
    dull.config.save_pretrained(tmp_path / "dull")
    pruning.narrow(tmp_path / "dull", CHINESE, tmp_path / "narrow")
    assert AutoConfig.from_pretrained(tmp_path / "narrow").intermediate_size == round(pruning.KEPT_NEURONS * packed_model.INNER)
    answers = [Runtime.load(tmp_path / name).probabilities(MIXED) for name in ("dull", "narrow")]
    assert np.allclose(*answers, atol=1e-5)


def test_the_layer_that_changes_nothing_goes(model, tmp_path):
    idle = AutoModelForSequenceClassification.from_pretrained(model)
    with torch.no_grad():
        for part in (layers(idle)[0].attention.output.dense, layers(idle)[0].output.dense):
            part.weight.zero_()
            part.bias.zero_()
    idle.save_pretrained(tmp_path / "idle")
    folders.copy_beside(model, tmp_path / "idle")
    turned = pruning.influence(idle.eval(), AutoTokenizer.from_pretrained(model), CHINESE)
    assert turned[0] < 1e-3 < turned[1]
    pruning.shallow(tmp_path / "idle", CHINESE, tmp_path / "shallow")
    config = AutoConfig.from_pretrained(tmp_path / "shallow")
    assert config.num_hidden_layers == round(pruning.KEPT_LAYERS * packed_model.LAYERS)
    answers = [Runtime.load(tmp_path / name).probabilities(MIXED) for name in ("idle", "shallow")]
    assert np.allclose(*answers, atol=1e-3)


def test_a_student_moves_towards_its_teacher(model, tmp_path):
    texts = CHINESE * 8
    pruning.shallow(model, CHINESE, tmp_path / "student")
    lesson = Training(learning_rate=3e-3, epochs=6, batch_size=8, checks_per_epoch=1, patience=6)
    distillation.distilled(tmp_path / "student", model, texts, MIXED, lesson, 3, tmp_path / "taught")
    teacher, student, taught = (
        Runtime.load(folder).logits(MIXED) for folder in (model, tmp_path / "student", tmp_path / "taught")
    )

    def far(answers: np.ndarray) -> float:
        return float(distillation.divergence(torch.from_numpy(answers), torch.from_numpy(teacher)))

    assert far(taught) < 0.5 * far(student)
    assert far(teacher) == pytest.approx(0, abs=1e-6)
    assert len(layers(AutoModelForSequenceClassification.from_pretrained(tmp_path / "taught"))) == 1


def test_onnx_answers_as_torch_for_any_batch(model, exported):
    ours, other = Runtime.load(model), Runtime.load(exported)
    assert other.labels == ours.labels
    for texts in (MIXED, MIXED[:1], MIXED * 5):
        assert np.allclose(other.probabilities(texts), ours.probabilities(texts), atol=1e-5)
    assert other.probabilities([]).shape == (0, len(ours.labels))


def test_eight_bits_shrink_the_graph_and_stay_near(exported, tmp_path):
    onnx_export.quantised(exported, tmp_path / "int8")
    sizes = [(folder / folders.ONNX).stat().st_size for folder in (tmp_path / "int8", exported)]
    assert sizes[0] < sizes[1]
    small = Runtime.load(tmp_path / "int8")
    together = small.probabilities(MIXED)
    assert 0 < np.abs(together - Runtime.load(exported).probabilities(MIXED)).max() < 0.2
    assert np.array_equal(together, np.concatenate([small.probabilities([text]) for text in MIXED]))  # whatever the company


def test_parameters_are_counted_without_loading_them(model):
    loaded = AutoModelForSequenceClassification.from_pretrained(model)
    assert folders.parameters(model) == loaded.num_parameters()


def test_answers_do_not_depend_on_company(model):
    runtime = Runtime.load(model)
    together = runtime.probabilities(MIXED)
    alone = np.concatenate([runtime.probabilities([text]) for text in MIXED])
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("name", [folders.TORCH, "config.json", "tokenizer.json"])
def test_a_damaged_or_missing_file_is_refused(model, tmp_path, name):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    folders.verify(copy)
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(folders.ServedFolderError, match="damaged"):
        Runtime.load(copy)
    (copy / name).unlink()
    with pytest.raises(folders.ServedFolderError):
        folders.verify(copy)


@pytest.mark.parametrize("text", ["no json", "[1]", '{"../config.json": "0"}'])
def test_checksums_that_are_no_checksums_are_refused(model, tmp_path, text):
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / folders.CHECKSUMS).write_text(text)
    with pytest.raises(folders.ServedFolderError):
        folders.verify(tmp_path)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(MIXED), st.text(max_size=60)), min_size=1, max_size=4))
def test_texts_are_cut_as_transformers_cuts_them(model, texts):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    runtime, theirs = Runtime.load(model), AutoTokenizer.from_pretrained(model)
    ours = [text.ids for text in runtime.tokenizer.encode_batch_fast(texts)]
    assert ours == theirs(texts, truncation=True, max_length=runtime.limit)["input_ids"]
    assert runtime.pad == theirs.pad_token_id


def test_a_server_of_an_onnx_folder_needs_neither_torch_nor_transformers(exported):
    told = "import sys; from pathlib import Path; from bigmodel_utils.deployment import startup; from bigmodel_utils.deployment.runtime import Runtime"
    asked = "print(Runtime.load(Path(sys.argv[1])).probabilities(['good']).shape, {'torch', 'transformers', 'pandas', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{told}; {asked}", exported], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 2) set()"
