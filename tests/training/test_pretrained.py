import socket
import time

import pytest

from bigmodel_utils.training import pretrained
from bigmodel_utils.training.e5_file import WeightsError


def test_a_folder_is_used_as_it_is(start):
    assert pretrained.locate(f"folder:{start}") == start


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("packaged:multilingual-e5-smal", "did you mean 'multilingual-e5-small'"),
        ("folder:nowhere", "config.json"),
        ("zip:model", "packaged:NAME"),
    ],
)
def test_unknown_weights_are_refused(weights, message, tmp_path, monkeypatch):
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match=message):
        pretrained.locate(weights)


def test_pickled_weights_are_not_read(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(WeightsError, match="pickled weights are not read"):
        pretrained.locate(f"folder:{tmp_path}")


def test_a_hub_out_of_reach_is_told_at_once(monkeypatch):
    def unreachable(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    started = time.monotonic()
    with pytest.raises(WeightsError, match="cannot be reached"):
        pretrained.locate("hub:some/model-nobody-has")
    assert time.monotonic() - started < 20


def test_offline_is_honoured(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE"):
        pretrained.locate("hub:some/model-nobody-has")


def test_converted_weights_are_whole_or_made_again(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"12345")
    origin = {"sha256": "aa", "member": "m"}
    assert not pretrained._is_whole(tmp_path, origin)
    (tmp_path / "origin.json").write_text('{"sha256": "aa", "member": "m", "sizes": {"model.safetensors": 5}}')
    assert pretrained._is_whole(tmp_path, origin)
    assert not pretrained._is_whole(tmp_path, {**origin, "sha256": "bb"})
    (tmp_path / "model.safetensors").write_bytes(b"1234")
    assert not pretrained._is_whole(tmp_path, origin)


def test_equal_tokenizers_are_read_once_and_do_not_touch_each_other(start, tmp_path, monkeypatch):
    from transformers import AutoTokenizer

    read = []
    monkeypatch.setattr(pretrained, "_tokenizers", {})
    plain = AutoTokenizer.from_pretrained
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda folder: read.append(folder) or plain(folder))
    first, second = pretrained.load_tokenizer(start), pretrained.load_tokenizer(start)
    limit = second.model_max_length
    first.model_max_length = 5
    assert (
        first("good dress good dress", truncation=True)["input_ids"]
        != second("good dress good dress", truncation=True)["input_ids"]
    )
    assert second.model_max_length == limit
    first.save_pretrained(tmp_path)
    assert pretrained.load_tokenizer(tmp_path).model_max_length == 5
    assert read == [start, tmp_path]
