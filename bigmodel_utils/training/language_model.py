"""A causal language model taught a market's texts: packed into blocks without padding, judged by perplexity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import cross_entropy

from bigmodel_utils.choices import Training
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training import distributed
from bigmodel_utils.training.batches import Encoded
from bigmodel_utils.training.finetune import FitResult, Start, content_hash, finetune, fits
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.pretrained import load_writer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class NextToken:
    """The objective of a causal language model on blocks of equal length: each token is told from those before it."""

    measure = "validation_perplexity"

    def __init__(self, train: Encoded, validation: Encoded, settings: Training) -> None:
        self.train, self.validation, self._smoothing = train, validation, settings.label_smoothing

    def weight(self, rows: np.ndarray) -> float:
        return float((self.train.lengths[rows] - 1).sum())

    def loss(self, answers: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        return self._summed(answers, self.train, rows, self._smoothing)

    def observe(self, answers: torch.Tensor, rows: np.ndarray) -> tuple[float, float]:
        """Return the summed loss and the number of tokens told."""
        return float(self._summed(answers, self.validation, rows, 0.0)), float((self.validation.lengths[rows] - 1).sum())

    def score(self, observed: list[tuple[float, float]]) -> tuple[float, float]:
        """Return mean loss per token and its exponential, the perplexity."""
        loss, tokens = np.sum(observed, axis=0)
        return float(loss / tokens), float(np.exp(loss / tokens))

    @staticmethod
    def _summed(answers: torch.Tensor, encoded: Encoded, rows: np.ndarray, smoothing: float) -> torch.Tensor:
        ids, mask = (tensor.to(answers.device) for tensor in encoded.batch(rows))
        wanted = ids.masked_fill(mask == 0, -100)[:, 1:]
        return cross_entropy(
            answers[:, :-1].flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum", label_smoothing=smoothing
        )


def fit_language_model(
    start: Path,
    train: Sequence[str],
    validation: Sequence[str],
    scenario: Scenario,
    settings: Training,
    out: Path,
    checkpoints: Path | None = None,
) -> FitResult:
    """Fine-tune the causal language model in `start` on texts and write the best to folder `out`; history has validation_perplexity.

    Texts stand one after the other, an end mark between them, cut into blocks of the scenario's max_tokens. `examples` and
    rates of the result count blocks. Raises TrainingError where a part does not fill two tokens, and as `fit`.
    """
    if distributed.launches(settings):
        tables = (pd.DataFrame({"text": list(part)}) for part in (train, validation))
        return distributed.launch("fit_language_model", start, *tables, scenario, settings, out, checkpoints)
    torch.manual_seed(scenario.seed)
    model, tokenizer = load_writer(start)
    fits(model, scenario.model.max_tokens)
    blocks = [
        packed(tokenizer, part, scenario.model.max_tokens, name)
        for part, name in ((train, "training"), (validation, "validation"))
    ]
    told = content_hash([list(train), list(validation)])
    return finetune(Start(model, tokenizer, start, told), NextToken(*blocks, settings), scenario, settings, out, checkpoints)


def packed(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], size: int, split: str = "training") -> Encoded:
    """Return all texts as blocks of `size` tokens, the last as long as it comes out; every text ends with the end mark.

    Raises TrainingError when they hold fewer than two tokens: there is nothing to tell from anything.
    """
    end = tokenizer.eos_token_id
    ids = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)["input_ids"] if len(texts) else []
    flat = np.fromiter((token for text in ids for token in (*text, end)), dtype=np.int64)
    whole = len(flat) - len(flat) % size
    length = len(flat) if len(flat) - whole > 1 else whole  # a block of one token tells nothing
    if length < 2:
        raise TrainingError(f"{split} texts of {len(flat)} tokens", "at least two tokens", "the texts to learn from")
    starts = np.append(np.arange(0, length, size), length).astype(np.int64)
    return Encoded(flat[:length], starts, tokenizer.pad_token_id, size)
