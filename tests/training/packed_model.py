"""Write a small model in the packed format of `e5_file`, so that tests train real weights without a download."""

import struct

import numpy as np

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 2, 64, 48
WORDS = ["good", "bad", "dress", "room", "not", "very", "the", "fine", "poor", "awful", "lovely", "great"]
CHINESE = "好差房间不很的衣服服务棒糟糕喜欢讨厌，。"
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
NORMALISATION = {0x01: "", 0x09: " ", 0x0A: " ", 0x200B: " ", 0xFF21: "A", 0x2460: "1"}


def pieces() -> list[tuple[str, float]]:
    words = [(f"▁{word}", -2.0 - i / 10) for i, word in enumerate(WORDS)]
    letters = [(c, -6.0) for c in "abcdefghijklmnopqrstuvwxyzA1▁～" + "".join(dict.fromkeys(CHINESE))]
    return [(special, 0.0) for special in SPECIALS] + words + letters + [("<mask>", 0.0)]


def q4_0(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Return `values` as 4-bit blocks, and what they become."""
    blocks = values.reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype("<f2")
    nibbles = np.clip(np.round(blocks / np.maximum(scale.astype(np.float32), 1e-8)) + 8, 0, 15).astype(np.uint8)
    body = np.concatenate([scale.view(np.uint8), nibbles[:, :16] | nibbles[:, 16:] << 4], axis=1)
    return body.tobytes(), ((nibbles.astype(np.float32) - 8) * scale.astype(np.float32)).reshape(values.shape)


def tensors(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    vocabulary = len(pieces()) + 3
    made = {
        "emb.word": rng.normal(0, 0.5, (vocabulary, HIDDEN)),
        "emb.pos": rng.normal(0, 0.02, (POSITIONS, HIDDEN)),
        "emb.type": np.zeros((2, HIDDEN)),
        "emb.ln.w": np.ones(HIDDEN),
        "emb.ln.b": np.zeros(HIDDEN),
    }
    for layer in range(LAYERS):
        for name, shape in {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN),
                            "fi": (INNER, HIDDEN), "fo": (HIDDEN, INNER)}.items():  # fmt: skip
            made[f"l{layer}.{name}.w"] = rng.normal(0, 0.15, shape)
            made[f"l{layer}.{name}.b"] = np.zeros(shape[0])
        for name in ("aln", "oln"):
            made[f"l{layer}.{name}.w"], made[f"l{layer}.{name}.b"] = np.ones(HIDDEN), np.zeros(HIDDEN)
    return {name: values.astype(np.float32) for name, values in made.items()}


def write(values: dict[str, np.ndarray]) -> bytes:
    """Return the packed file: matrices of more than one block row in 4 bits, the rest as float32."""
    texts = [piece.encode() for piece, _ in pieces()]
    vocabulary = len(values["emb.word"])
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, vocabulary, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(texts), 0, 2, 1, 3, sum(map(len, texts)))
    head += np.cumsum([0, *map(len, texts)], dtype="<u4").tobytes()
    head += np.array([score for _, score in pieces()], "<f4").tobytes() + b"".join(texts)
    rows = b"".join(
        struct.pack("<IB", point, len(output)) + np.array([ord(c) for c in output], "<u4").tobytes()
        for point, output in NORMALISATION.items()
    )
    head += struct.pack("<iI", len(NORMALISATION), len(rows)) + rows
    packed = {
        n: (1, q4_0(v)[0]) if v.ndim == 2 and n not in {"emb.pos", "emb.type"} else (0, v.tobytes()) for n, v in values.items()
    }
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name in packed)
    directory = struct.pack("<i", len(packed))
    for name, (kind, body) in packed.items():
        directory += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, values[name].size, offset, len(body))
        )
        offset += len(body)
    return head + directory + b"".join(body for _, body in packed.values())
