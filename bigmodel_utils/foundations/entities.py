"""Names in text: the same answers counted by word with and without "nothing", and by whole name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

OUTSIDE = "O"
Sentence = list[tuple[str, str, str]]  # word, kind of word, tag
_WINDOW = (-2, -1, 0, 1, 2)


@dataclass(frozen=True)
class Scores:
    """F1 of the same answers, counted three ways, and of answering "nothing" everywhere when nothing counts."""

    with_outside: float
    without_outside: float
    whole_names: float
    always_outside: float
    words: int


def f1(hits: float, predicted: float, gold: float) -> float:
    """Return the harmonic mean of hits / predicted and hits / gold; 0 without any hit."""
    return 2 * hits / (predicted + gold) if hits else 0.0


def recounted(counts: pd.DataFrame) -> dict[str, float]:
    """Return F1 with and without the class "outside", and of an empty answer, from word counts.

    counts: class (entity | outside), hits, predicted, gold (words).
    """
    entity, outside = (counts[counts["class"] == kind].iloc[0] for kind in ("entity", "outside"))
    words = entity["gold"] + outside["gold"]
    return {
        "without_outside": f1(entity["hits"], entity["predicted"], entity["gold"]),
        "with_outside": float((entity["hits"] + outside["hits"]) / words),  # micro F1 over all classes is accuracy
        "always_outside": float(outside["gold"] / words),
    }


def parse(content: bytes) -> list[Sentence]:
    """Return the sentences of a tab-separated file: word first, kinds after it, tag last, blank line between sentences."""
    sentences: list[Sentence] = [[]]
    for line in content.decode("utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) < 3:
            sentences.append([])
        else:
            sentences[-1].append((fields[0], f"{fields[1]} {fields[2]}", fields[-1]))
    return [sentence for sentence in sentences if sentence]


def tag(
    sentences: Sequence[Sentence], seed: int, unseen: int = 125, epochs: int = 8
) -> tuple[list[list[str]], list[list[str]]]:
    """Return true and predicted tags of the `unseen` last sentences (after shuffling) by a linear tagger of five-word windows."""
    import torch

    order = np.random.default_rng(seed).permutation(len(sentences))
    known, test = [sentences[i] for i in order[:-unseen]], [sentences[i] for i in order[-unseen:]]
    clues = {clue: i for i, clue in enumerate(sorted({c for s in known for row in _clues(s) for c in row}), start=1)}
    tags = sorted({tag for sentence in known for *_, tag in sentence})
    torch.manual_seed(seed)
    model = torch.nn.EmbeddingBag(len(clues) + 1, len(tags), mode="sum", padding_idx=0)
    torch.nn.init.zeros_(model.weight)
    x = _encoded(known, clues)
    y = torch.tensor([tags.index(tag) for sentence in known for *_, tag in sentence])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(256):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimiser.step()
    with torch.inference_mode():
        flat = [tags[i] for i in model(_encoded(test, clues)).argmax(dim=1).tolist()]
    ends = np.cumsum([len(sentence) for sentence in test])
    predicted = [flat[end - len(sentence) : end] for end, sentence in zip(ends, test, strict=True)]
    return [[tag for *_, tag in sentence] for sentence in test], predicted


def scores(truth: list[list[str]], predicted: list[list[str]]) -> Scores:
    """Return F1 of the same tags by word with and without "outside", and by whole name (seqeval, as the contest counted)."""
    from seqeval.metrics import f1_score

    pairs = [pair for t, p in zip(truth, predicted, strict=True) for pair in zip(t, p, strict=True)]
    hits = sum(t == p != OUTSIDE for t, p in pairs)
    named, answered = (sum(pair[side] != OUTSIDE for pair in pairs) for side in (0, 1))
    return Scores(
        with_outside=sum(t == p for t, p in pairs) / len(pairs),
        without_outside=f1(hits, answered, named),
        whole_names=float(f1_score(truth, predicted)),
        always_outside=1 - named / len(pairs),
        words=len(pairs),
    )


def _clues(sentence: Sentence) -> list[list[str]]:
    """Return for each word what stands at each place of its window."""
    padded = [("", "")] * 2 + [(word, kind) for word, kind, _ in sentence] + [("", "")] * 2
    windows = [[padded[place + 2 + step] for step in _WINDOW] for place in range(len(sentence))]
    return [
        [
            f"{step}{mark}{text}"
            for step, pair in zip(_WINDOW, window, strict=True)
            for mark, text in zip("wk", pair, strict=True)
        ]
        for window in windows
    ]


def _encoded(sentences: Sequence[Sentence], clues: dict[str, int]):
    import torch

    return torch.tensor([[clues.get(clue, 0) for clue in row] for sentence in sentences for row in _clues(sentence)])
