"""A saved model read back the way anybody would: by the pipeline of plain Transformers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


_BATCH = 16


def accuracy(folder: Path, rows: pd.DataFrame) -> float:
    """Return the share of `rows` (text, label) that the model in `folder` labels right."""
    from transformers import pipeline

    ordered = rows.sort_values("text", key=lambda texts: texts.str.len())  # batches of like length
    ask = pipeline("text-classification", model=str(folder), device="cpu", model_kwargs={"use_safetensors": True})
    answers = ask(ordered["text"].tolist(), truncation=True, batch_size=_BATCH)
    code = ask.model.config.label2id
    return float((ordered["label"].to_numpy() == [code[answer["label"]] for answer in answers]).mean())
