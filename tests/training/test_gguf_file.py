"""A small language model in GGUF becomes a plain folder that writes; what is no such file is refused."""

from pathlib import Path

import numpy as np
import pytest

from bigmodel_utils.training import gguf_file
from bigmodel_utils.training.e5_file import WeightsError
from bigmodel_utils.training.pretrained import load_writer

gguf = pytest.importorskip("gguf", reason="the extra `generate` is not installed")
WIDTH, INNER, HEADS = 32, 64, 2
TOKENS = ["<|end|>", *"abcdefgh", "Ġ", "ab", "Ġab"]


@pytest.fixture
def packed(tmp_path: Path) -> tuple[bytes, np.ndarray]:
    """Return a one-layer Llama in GGUF and its embeddings."""
    writer, rng = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama"), np.random.default_rng(0)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([gguf.TokenType.CONTROL, *[gguf.TokenType.NORMAL] * (len(TOKENS) - 1)])
    writer.add_token_merges(["a b", "Ġ ab"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    square, up = (WIDTH, WIDTH), (INNER, WIDTH)
    shapes = {
        "token_embd": (len(TOKENS), WIDTH),
        "output_norm": (WIDTH,),
        "blk.0.attn_norm": (WIDTH,),
        "blk.0.ffn_norm": (WIDTH,),
    }
    shapes |= {f"blk.0.attn_{name}": square for name in ("q", "k", "v", "output")}
    shapes |= {"blk.0.ffn_gate": up, "blk.0.ffn_up": up, "blk.0.ffn_down": (WIDTH, INNER)}
    values = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    for name, value in values.items():
        writer.add_tensor(f"{name}.weight", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return (tmp_path / "tiny.gguf").read_bytes(), values["token_embd"]


def test_a_packed_model_becomes_a_folder_that_writes(packed: tuple[bytes, np.ndarray], tmp_path: Path) -> None:
    import torch

    gguf_file.write_folder(packed[0], tmp_path / "folder")
    model, tokenizer = load_writer(tmp_path / "folder")
    assert model.dtype == torch.float32
    assert model.get_input_embeddings().weight.detach().numpy() == pytest.approx(packed[1], rel=0.01, abs=1e-3)
    ids = tokenizer("ab ab", add_special_tokens=False, return_tensors="pt")
    assert tokenizer.convert_ids_to_tokens(ids["input_ids"][0]) == ["ab", "Ġab"]
    assert model.generate(**ids, max_new_tokens=3, do_sample=False).shape[1] >= 3
    assert "quantization_config" not in (tmp_path / "folder" / "config.json").read_text()


def test_a_damaged_file_is_refused(packed: tuple[bytes, np.ndarray], tmp_path: Path) -> None:
    for source in (b"GGUF nonsense", packed[0][: len(packed[0]) // 2]):
        with pytest.raises(WeightsError, match="cannot be read"):
            gguf_file.write_folder(source, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_missing_reader_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gguf_file, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"bigmodel\[generate\]"):
        gguf_file.write_folder(b"GGUF", tmp_path / "folder")
