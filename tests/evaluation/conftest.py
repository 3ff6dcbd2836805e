"""A small trained model folder: random two-layer BERT, so that prediction runs for real without a download."""

import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "the", "dress", "room", "很", "好", "差", "房", "间"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """A folder with a classifier of negative and positive, 16 tokens at most."""
    from bigmodel_utils.training.pretrained import silence

    silence()
    made = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=32, id2label={0: "negative", 1: "positive"}, label2id={"negative": 0, "positive": 1},
        initializer_range=0.5,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(made)
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=16
    ).save_pretrained(made)
    return made


@pytest.fixture
def classifier(folder, monkeypatch):
    from bigmodel_utils.evaluation.predict import Classifier

    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    return Classifier.load(folder)


@pytest.fixture
def exact(folder, monkeypatch):
    from bigmodel_utils.evaluation.predict import Classifier

    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    return Classifier.load(folder, exact=True)
