"""Spans inside texts: fine-tune a token classifier on tagged words, and tag new ones. Judged by whole entities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from bigmodel_utils.choices import Training
from bigmodel_utils.errors import nearest
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training import distributed
from bigmodel_utils.training.batches import Encoded, by_length
from bigmodel_utils.training.classification import label_weights
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.finetune import FitResult, Start, content_hash, finetune, fits
from bigmodel_utils.training.forward import BATCH_TOKENS, image
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.pretrained import load_tagger, load_tokenizer, silence

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

IGNORED = -100  # the tag of a token that is no word's first: PyTorch's own mark
OUTSIDE = "O"


class Tagging:
    """The objective of a token classifier: `tags` and `truth` stand beside the tokens of training and validation texts."""

    measure = "validation_f1"

    def __init__(
        self, train: Encoded, tags: np.ndarray, validation: Encoded, truth: np.ndarray, labels: list[str], settings: Training
    ) -> None:
        self.train, self.validation, self._labels = train, validation, labels
        self._tags, self._truth = tags, truth
        known = tags[tags != IGNORED]
        self._weights = label_weights(known, len(labels), settings.balance_labels)
        self._smoothing = settings.label_smoothing

    def weight(self, rows: np.ndarray) -> float:
        return max(1, int((_of(self.train, self._tags, rows) != IGNORED).sum()))

    def loss(self, answers: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        """Return the summed cross-entropy of the tags of `rows`; answers: logits, shape (rows, tokens, labels)."""
        wanted = self._beside(answers, self.train, self._tags, rows).to(answers.device)
        return cross_entropy(
            answers.flatten(0, 1),
            wanted.flatten(),
            self._weights.to(answers.device),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self._smoothing,
        )

    def observe(self, answers: torch.Tensor, rows: np.ndarray) -> tuple[float, float, list[list[str]], list[list[str]]]:
        """Return the summed loss, its weight, and the tags of every text as they are and as they are told."""
        wanted, answers = self._beside(answers, self.validation, self._truth, rows), answers.double().cpu()
        weights = self._weights.double()
        loss = cross_entropy(answers.flatten(0, 1), wanted.flatten(), weights, ignore_index=IGNORED, reduction="sum")
        asked = wanted != IGNORED
        told = [self._named(found[kept]) for found, kept in zip(answers.argmax(dim=-1), asked, strict=True)]
        truth = [self._named(row[kept]) for row, kept in zip(wanted, asked, strict=True)]
        return float(loss), float(weights[wanted[asked]].sum()), truth, told

    def score(self, observed: list[tuple[float, float, list[list[str]], list[list[str]]]]) -> tuple[float, float]:
        """Return mean validation loss and micro F1 over entities: right only when type and both ends agree."""
        from seqeval.metrics import f1_score

        losses, weights, truth, told = zip(*observed, strict=True)
        told_all, truth_all = ([text for part in parts for text in part] for parts in (told, truth))
        return sum(losses) / max(sum(weights), 1e-12), float(f1_score(truth_all, told_all, zero_division=0))

    def _named(self, codes: torch.Tensor) -> list[str]:
        return [self._labels[code] for code in codes.tolist()]

    @staticmethod
    def _beside(answers: torch.Tensor, encoded: Encoded, tags: np.ndarray, rows: np.ndarray) -> torch.Tensor:
        """Return the tags of `rows` padded to the width of `answers`, (rows, width)."""
        wanted = np.full(answers.shape[:2], IGNORED, dtype=np.int64)
        wanted[np.arange(wanted.shape[1]) < encoded.lengths[rows][:, None]] = _of(encoded, tags, rows)
        return torch.from_numpy(wanted)


def _of(encoded: Encoded, tags: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the tags of all tokens of `rows`, one after the other."""
    return np.concatenate([tags[encoded.starts[row] : encoded.starts[row + 1]] for row in rows])


def fit_entities(
    start: Path,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    labels: list[str],
    scenario: Scenario,
    settings: Training,
    out: Path,
    checkpoints: Path | None = None,
) -> FitResult:
    """Fine-tune the weights in `start` to tag words and write the best model to folder `out`; history has validation_f1.

    train, validation: words and tags (lists of equal length; tags in IOB2, as B-TYPE, I-TYPE, O). `labels`: every tag.
    Texts longer than the scenario's max_tokens are cut, and the notes say how many. A word's first token carries its tag.
    Raises TrainingError for tags that do not fit, WeightsError, CheckpointError and DeviceError.
    """
    for part, name in ((train, "training"), (validation, "validation")):
        _check(part, labels, name)
    if distributed.launches(settings):
        return distributed.launch("fit_entities", start, train, validation, scenario, settings, out, checkpoints, labels)
    torch.manual_seed(scenario.seed)
    model, tokenizer = load_tagger(start, labels)
    fits(model, scenario.model.max_tokens)
    (texts, tags, cut), (held, truth, held_cut) = (
        _encoded(tokenizer, part, labels, scenario.model.max_tokens) for part in (train, validation)
    )
    objective = Tagging(texts, tags, held, truth, labels, settings)
    told = content_hash(
        [labels, *([list(row) for row in part[column]] for part in (train, validation) for column in ("words", "tags"))]
    )
    notes = _notes(cut + held_cut, len(train) + len(validation))
    return finetune(Start(model, tokenizer, start, told), objective, scenario, settings, out, checkpoints, notes)


def _check(rows: pd.DataFrame, labels: list[str], split: str) -> None:
    """Refuse rows that cannot be learned from: none, words without tags, unknown tags, or no entity at all."""
    mend = "the annotated texts"
    if rows.empty:
        raise TrainingError(f"{split} data without rows", "at least one tagged text", mend)
    for number, (words, tags) in enumerate(zip(rows["words"], rows["tags"], strict=True)):
        if len(words) != len(tags) or not len(words):
            raise TrainingError(
                f"text {number} of {split} data with {len(words)} words and {len(tags)} tags", "one tag for every word", mend
            )
    seen = {tag for tags in rows["tags"] for tag in tags}
    if strange := sorted(seen - set(labels)):
        raise TrainingError(f"tag '{strange[0]}' in {split} data", nearest(strange[0], labels), mend)
    if split == "training" and len(seen) < 2:
        raise TrainingError(f"{split} data of one tag, '{seen.pop()}'", "texts with entities and words outside them", mend)


def _encoded(
    tokenizer: PreTrainedTokenizerBase, rows: pd.DataFrame, labels: list[str], max_tokens: int
) -> tuple[Encoded, np.ndarray, int]:
    """Return the words as tokens, the tag beside each token, and how many texts were cut."""
    code = {label: index for index, label in enumerate(labels)}
    encoded, places, cut = words_encoded(tokenizer, rows["words"], max_tokens)
    tags = np.full(len(encoded.flat), IGNORED, dtype=np.int64)
    for place, own in zip(places, rows["tags"], strict=True):
        tags[place] = [code[tag] for tag in own[: len(place)]]
    return encoded, tags, cut


def words_encoded(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[Sequence[str]], max_tokens: int
) -> tuple[Encoded, list[np.ndarray], int]:
    """Return texts of words as tokens, where each word's first token stands in `flat`, and how many texts were cut.

    A word without any token (a blank) stands on the one after it; words beyond the cut have no place.
    """
    found = tokenizer(
        [list(words) for words in texts], is_split_into_words=True, truncation=True, max_length=max_tokens,
        return_attention_mask=False,
    )  # fmt: skip
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids in found["input_ids"]])]).astype(np.int64)
    flat = np.fromiter((token for ids in found["input_ids"] for token in ids), dtype=np.int64, count=int(starts[-1]))
    places = []
    for number, words in enumerate(texts):
        owner = np.array([-1 if word is None else word for word in found.word_ids(number)])
        last = owner.max(initial=-1)
        whole = np.arange(len(words) if last == len(words) - 1 else last + 1)
        order = np.maximum.accumulate(owner)
        places.append(starts[number] + np.searchsorted(order, whole).clip(max=len(owner) - 1))
    cut = sum(len(place) < len(words) for place, words in zip(places, texts, strict=True))
    return Encoded(flat, starts, tokenizer.pad_token_id, max_tokens), places, cut


def _notes(cut: int, texts: int) -> tuple[Message, ...]:
    if not cut:
        return ()
    return (
        Message(
            "{cut:integer} of {texts:integer} texts are longer than the model reads; their ends taught nothing.",
            cut=cut,
            texts=texts,
        ),
    )


class Tagger:
    """A tagger folder in memory on a device."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, device: Device) -> None:
        self.model, self.tokenizer, self.device = image(model.to(device.kind).eval(), device), tokenizer, device
        self.labels = [model.config.id2label[i] for i in range(model.config.num_labels)]

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """Return the tagger of a folder that `fit_entities` wrote."""
        from transformers import AutoModelForTokenClassification

        silence()
        model = AutoModelForTokenClassification.from_pretrained(folder, use_safetensors=True)
        return cls(model, load_tokenizer(folder), choose())

    def tags(self, texts: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return a tag for every word of every text; words beyond the model's length are outside any entity."""
        encoded, places, _ = words_encoded(self.tokenizer, texts, self.tokenizer.model_max_length)
        answers = np.zeros(len(encoded.flat), dtype=np.int64)
        with torch.inference_mode():
            for rows in by_length(encoded.lengths, BATCH_TOKENS[self.device.kind]):
                ids, mask = self.device.move(*encoded.batch(rows))
                best = self.model(input_ids=ids, attention_mask=mask).logits.argmax(dim=-1)[mask.bool()].cpu().numpy()
                answers[np.concatenate([np.arange(encoded.starts[row], encoded.starts[row + 1]) for row in rows])] = best
        told = [[self.labels[code] for code in answers[place]] for place in places]
        return [tags + [OUTSIDE] * (len(words) - len(tags)) for tags, words in zip(told, texts, strict=True)]
