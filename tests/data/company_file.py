"""Files as a company would hand them over."""

from pathlib import Path

import numpy as np

THINGS = ("colour", "size", "sleeve", "shop", "parcel", "price", "stitch", "fabric", "mirror", "return")
TIMES = ("winter", "summer", "button", "zip", "belt", "shoe", "coat", "gift")
WORDS = THINGS + TIMES


def reviews(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Return distinct texts with alternating labels."""
    rng = np.random.default_rng(seed)
    return [(" ".join(rng.permutation(WORDS)[:12]) + f" number {n}", ("bad", "good")[n % 2]) for n in range(count)]


def write_csv(path: Path, rows: list[tuple[str, str]], encoding: str = "utf-8") -> Path:
    lines = ["text,label", *(f'"{text}",{label}' for text, label in rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path
