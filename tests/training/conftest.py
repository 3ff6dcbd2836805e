"""A small pretrained folder and a small task that it can learn."""

import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import packed_model
import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.training import e5_file, pretrained


@pytest.fixture(scope="session")
def start(tmp_path_factory) -> Path:
    """A Hugging Face folder with a two-layer BERT and its tokenizer."""
    folder = tmp_path_factory.mktemp("weights")
    pretrained.silence()
    e5_file.write_folder(packed_model.write(packed_model.tensors()), folder)
    return folder


@pytest.fixture
def smoke(monkeypatch) -> scenario.Scenario:
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    return scenario.load("smoke", {"model.max_tokens": 24})


@pytest.fixture(scope="session")
def reviews() -> pd.DataFrame:
    """Texts whose label is told by one word, of very different lengths."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 240)
    words = {0: ["bad", "poor", "awful"], 1: ["good", "lovely", "great"]}
    filler = ["the", "dress", "room", "very"]
    texts = [" ".join([*rng.choice(filler, rng.integers(1, 15)), rng.choice(words[label])]) for label in labels]
    return pd.DataFrame({"text": texts, "label": labels})


@pytest.fixture
def settings(smoke) -> scenario.Training:
    return smoke.training.model_copy(update={"learning_rate": 3e-3, "epochs": 4, "checks_per_epoch": 2, "frozen_layers": 0})
