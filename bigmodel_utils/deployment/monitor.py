"""What the served model answered, without the texts; and whether the stream or its confidence has changed since."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError

if TYPE_CHECKING:
    import pandas as pd

FILE_BYTES, FILES = 10_000_000, 10  # about 70,000 predictions in a file
FIRST = 1000  # predictions that later ones are held against
LEAST = 100


class MonitorError(BigModelError):
    """A log that is missing, or too short to tell a change from chance."""


class _OwnerOnly(RotatingFileHandler):
    def _open(self) -> TextIO:
        return open(self.baseFilename, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))


class PredictionLog:
    """Appends one JSON line per prediction, readable by the owner only; a full file makes room by rotation.

    A text is present as its length, language and keyed hash (BLAKE2b, 16 hex digits): equal texts can be counted, and
    without the key (BIGMODEL_KEY, else random and forgotten when the server stops) no guess can be tested against it.
    """

    def __init__(self, path: Path) -> None:
        from bigmodel_utils.data import vault

        path.parent.mkdir(parents=True, exist_ok=True)
        self._handler = _OwnerOnly(path, maxBytes=FILE_BYTES, backupCount=FILES - 1)
        self._key = (
            vault.key()
            if os.environ.get(vault.KEY_VARIABLE) or os.environ.get(vault.KEY_FILE_VARIABLE)
            else secrets.token_bytes(32)
        )

    def write(self, model: str, labels: Sequence[str], texts: Sequence[str], probabilities: np.ndarray) -> None:
        """Log one batch that `model` answered. probabilities: (texts, labels)."""
        from bigmodel_utils.data import languages

        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        best = probabilities.argmax(axis=1)
        lines = [
            json.dumps(
                {
                    "time": now, "model": model, "hash": self._hash(text), "length": len(text),
                    "language": languages.identify(text), "label": labels[label], "confidence": round(float(row[label]), 4),
                },
                ensure_ascii=False,
            )
            for text, row, label in zip(texts, probabilities, best, strict=True)
        ]  # fmt: skip
        self._handler.handle(logging.makeLogRecord({"msg": "\n".join(lines)}))

    def _hash(self, text: str) -> str:
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=8).hexdigest()

    def close(self) -> None:
        self._handler.close()


@dataclass(frozen=True)
class Watch:
    """`measures`: measure, value, threshold, chance, alarm; of the newest `new` predictions against the first `reference`."""

    model: str
    measures: pd.DataFrame
    reference: int
    new: int

    @property
    def alarm(self) -> bool:
        return bool(self.measures["alarm"].any())


def log_path(name: str) -> Path:
    """Return where the server of `name` (a scenario or folder) logs its predictions."""
    return paths.workspace() / "data" / "logs" / name / "predictions.jsonl"


def watch(path: Path) -> Watch:
    """Return how the newest predictions of the log differ from the first ones of the same model.

    Measures: length, confidence (population stability index over tenths), label, language (Jensen-Shannon, bits), each
    against its threshold by chance as in `data.drift`. Raises MonitorError for a missing or short log.
    """
    import pandas as pd

    from bigmodel_utils.data import drift

    lines = list(_lines(path))
    if not lines:
        raise MonitorError(
            f"no predictions in {paths.shown(path)}", "a log that `bigmodel serve` wrote", "the name, or serve first"
        )
    frame = pd.DataFrame([line for line in lines if line["model"] == lines[-1]["model"]])
    size = min(FIRST, len(frame) // 2)
    if size < LEAST:
        given = f"{len(frame)} predictions of the model served last"
        raise MonitorError(given, f"at least {2 * LEAST}: one part to compare with another", "serve on, then ask again")
    both = pd.concat([frame[:size], frame[-size:]])
    features = {
        "length": drift.by_tenth(both["length"].to_numpy(), size),
        "confidence": drift.by_tenth(both["confidence"].to_numpy(), size),
        "label": drift.by_kind(both["label"].tolist()),
        "language": drift.by_kind(both["language"].tolist()),
    }
    return Watch(str(lines[-1]["model"]), drift.against_chance(features, size, size, np.random.default_rng(0)), size, size)


def _lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield logged predictions, oldest first; a line cut off by a kill is passed over."""
    rotated = [path.with_name(f"{path.name}.{number}") for number in range(FILES - 1, 0, -1)]
    for file in (*rotated, path):
        if file.is_file():
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    try:
                        yield json.loads(line)
                    except ValueError:
                        continue
