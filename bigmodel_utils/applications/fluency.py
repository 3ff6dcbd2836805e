"""How well a language model tells unseen texts: its perplexity per character, comparable whatever the tokens are."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LONGEST = 240  # characters of a text that are told
_PRIOR = 10  # pseudo-counts of pairs: a Dirichlet prior (MacKay and Peto 1995)


def losses(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> np.ndarray:
    """Return the summed loss (nats) and the characters of each text, (texts, 2): every token after an end mark, and the next one."""
    import torch

    rows = []
    with torch.inference_mode():
        for ids, characters in _ids(tokenizer, texts):
            logits = model(input_ids=ids[None].to(model.device)).logits[0, :-1].float().cpu()
            rows.append((float(torch.nn.functional.cross_entropy(logits, ids[1:], reduction="sum")), characters))
    return np.array(rows)


def losses_by_transformers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> np.ndarray:
    """Return the same as `losses`, from the mean loss that Transformers itself returns."""
    import torch

    rows = []
    with torch.inference_mode():
        for ids, characters in _ids(tokenizer, texts):
            given = ids[None].to(model.device)
            rows.append((float(model(input_ids=given, labels=given).loss) * (len(ids) - 1), characters))
    return np.array(rows)


def bigram_losses(tokenizer: PreTrainedTokenizerBase, train: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Return the same of counts of pairs of tokens in `train`, mixed with counts of single ones: the rival that costs nothing."""
    single: Counter[int] = Counter()
    double: Counter[tuple[int, int]] = Counter()
    for ids, _ in _ids(tokenizer, train):
        single.update(ids[1:].tolist())
        double.update(itertools.pairwise(ids.tolist()))
    before: Counter[int] = Counter()
    for (last, _), times in double.items():
        before[last] += times
    total, size = single.total(), len(tokenizer)

    def chance(last: int, token: int) -> float:
        alone = (single[token] + 1) / (total + size)
        return (double[last, token] + _PRIOR * alone) / (before[last] + _PRIOR)

    told = ((ids.tolist(), characters) for ids, characters in _ids(tokenizer, texts))
    return np.array([(-sum(np.log(chance(*pair)) for pair in itertools.pairwise(ids)), count) for ids, count in told])


def _ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> Iterator[tuple[torch.Tensor, int]]:
    """Yield each text between end marks and the characters to tell, the closing mark counted as one; a cut text has none."""
    import torch

    end = tokenizer.eos_token_id
    for text in texts:
        shown = text[:_LONGEST]
        closing = [end] if shown == text else []
        ids = tokenizer(shown, add_special_tokens=False)["input_ids"]
        yield torch.tensor([end, *ids, *closing]), len(shown) + len(closing)


def perplexity(values: np.ndarray, settings: Evaluation, seed: int) -> Quantity:
    """Return exp(nats per character) with its interval, texts resampled. values: as `losses`."""
    return intervals.bootstrap(
        lambda rows: _of(values[rows]), len(values), "perplexity", settings.resamples, seed, settings.confidence
    )


def ratio(first: np.ndarray, second: np.ndarray, settings: Evaluation, seed: int) -> Quantity:
    """Return the first's perplexity over the second's on the same texts, resampled together."""
    return intervals.bootstrap(
        lambda rows: _of(first[rows]) / _of(second[rows]), len(first), "ratio", settings.resamples, seed, settings.confidence
    )


def _of(values: np.ndarray) -> float:
    return float(np.exp(np.divide(*values.sum(axis=0))))
