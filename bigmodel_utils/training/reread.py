"""A saved model read back the way anybody would: plain Transformers, one text at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def accuracy(folder: Path, rows: pd.DataFrame) -> float:
    """Return the share of `rows` (text, label) that the model in `folder` labels right."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True).eval()
    with torch.inference_mode():
        answers = [
            model(**tokenizer(text, return_tensors="pt", truncation=True)).logits.argmax().item() for text in rows["text"]
        ]
    return float((rows["label"].to_numpy() == answers).mean())
