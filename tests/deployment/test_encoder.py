"""The encoder answers as plain Transformers does, whatever texts come together, and leaves other models to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import served_model
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification

from bigmodel_utils.deployment import encoder, variants
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.training.batches import from_ids

pytestmark = pytest.mark.skipif(
    not torch.cpu.get_capabilities().get("amx_bf16"),
    reason="bfloat16 models are served only where the processor computes in it",
)
TEXTS = ["good dress", "房间很好，服务棒", "a very poor room, not fine", "好", ""]


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    return served_model.write(tmp_path_factory.mktemp("encoder") / "full")


@pytest.fixture(scope="module")
def halved(full) -> Path:
    out = full.with_name("halved")
    variants.halved(full, out)
    return out


@pytest.fixture(scope="module")
def theirs(halved):
    return AutoModelForSequenceClassification.from_pretrained(halved, dtype="auto").eval()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(4, 40), min_size=1, max_size=24), min_size=1, max_size=9))
def test_it_answers_as_transformers_does(halved, theirs, texts):
    encoded = from_ids(texts, pad=1, limit=24)
    ids, mask = encoded.batch(rows := np.arange(len(texts))[::-1])
    with torch.inference_mode():
        expected = theirs(input_ids=ids, attention_mask=mask).logits.float().numpy()
    assert np.allclose(encoder.Encoder(halved)(encoded, rows), expected, atol=0.03)


def test_answers_do_not_depend_on_company(monkeypatch, halved, full):
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    runtime = Runtime.load(halved)
    assert isinstance(runtime.forward, encoder.Encoder)
    together = runtime.probabilities(TEXTS * 9)
    alone = np.concatenate([runtime.probabilities([text]) for text in TEXTS * 9])
    assert np.allclose(together, alone, atol=0.01)
    assert np.allclose(together, Runtime.load(full).probabilities(TEXTS * 9), atol=0.03)
    assert runtime.probabilities([]).shape == (0, 2)


def test_other_formats_are_left_to_transformers(full, halved, tmp_path):
    assert encoder.can_read(halved)
    assert not encoder.can_read(full)
    (tmp_path / "config.json").write_text('{"architectures": ["XLMRobertaForSequenceClassification"], "dtype": "bfloat16"}')
    assert not encoder.can_read(tmp_path)


def test_a_server_of_it_needs_no_transformers(halved):
    told = "import sys; from pathlib import Path; from bigmodel_utils.deployment import startup; from bigmodel_utils.deployment.runtime import Runtime"
    asked = "print(Runtime.load(Path(sys.argv[1])).probabilities(['good']).shape, {'transformers', 'pandas', 'scipy', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{told}; {asked}", halved], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 2) set()"
