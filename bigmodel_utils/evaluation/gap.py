"""The distance between M_A and M_B, six ways. The one that pays is performance; the others say where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation import divergence, intervals, metrics
from bigmodel_utils.evaluation.compare import Comparison
from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedTokenizerBase

_SHUFFLES = 200
_BLOCK_ROWS = 8192  # of a weight matrix at a time


class GapError(BigModelError):
    """Two models between which a distance has no meaning."""


@dataclass(frozen=True)
class Gap:
    """One measure of the distance: its value, what it would be without any relation or difference, and what it says."""

    measure: str
    value: Quantity
    reference: float
    meaning: Message


def performance(comparison: Comparison) -> Gap:
    """Return how much more often M_B is right than M_A on the target market; `comparison` is b against a."""
    gain = comparison.difference
    if not comparison.is_real:
        meaning = Message("On the target market, adapting changed the share of right answers by an amount that is not shown.")
    elif gain.mid > 0:
        meaning = Message(
            "On the target market, the adapted model is right more often, by {points:number1} points.", points=100 * gain.mid
        )
    else:
        meaning = Message(
            "On the target market, the adapted model is right less often, by {points:number1} points.", points=-100 * gain.mid
        )
    return Gap("performance", gain, 0.0, meaning)


def representation(of_a: np.ndarray, of_b: np.ndarray, settings: Evaluation, seed: int) -> Gap:
    """Return debiased CKA between both models' vectors of the same target texts, shapes (texts, features).

    The interval is a jackknife over ten groups of texts (a bootstrap would repeat rows, which debiasing must not see);
    `reference` is the 95th percentile of shuffled pairs.
    """
    found, null = divergence.cka_with_null(of_a, of_b, _SHUFFLES, seed)
    groups = np.array_split(np.random.default_rng(seed).permutation(len(of_a)), 10)
    left = [divergence.cka(np.delete(of_a, g, axis=0), np.delete(of_b, g, axis=0)) for g in groups]
    error = float(np.sqrt(9 / 10 * ((np.array(left) - np.mean(left)) ** 2).sum()))
    value = _measured(
        found, error, "score", len(of_a), "debiased linear CKA, jackknife of ten groups", settings.confidence, top=1.0
    )
    if value.low <= null:
        meaning = Message("What the two models see in a text is not shown to be related.")
    else:
        meaning = Message(
            "What the two models see in the same text agrees to {found:number2} of 1; unrelated texts reach {null:number2}.",
            found=found,
            null=null,
        )
    return Gap("representation", value, null, meaning)


def parameters(folder_a: Path, folder_b: Path) -> tuple[Gap, pd.DataFrame]:
    """Return |A - B| / |A| over all weights, and its share by part: part, distance, size, squared_share.

    Raises GapError unless both folders hold the same tensors: between other models the number has no meaning,
    because permuting a network's units changes its weights but not its answers (Ainsworth et al. 2023).
    """
    table = _moved(folder_a / "model.safetensors", folder_b / "model.safetensors")
    moved, size = table["moved"].sum(), table["size"].sum()
    distance = float(np.sqrt(moved / size)) if size else 0.0
    value = Quantity(
        mid=distance, unit="share", origin="measured", source="both models' weights", method="relative L2 distance"
    )
    meaning = Message("Adapting moved the weights by {distance:percent1} of their length.", distance=distance)
    parts = table.assign(distance=np.sqrt(table["moved"] / table["size"]), squared_share=table["moved"] / (moved or 1.0))
    return Gap("parameters", value, 0.0, meaning), parts[["part", "distance", "squared_share"]]


def domain(of_source: np.ndarray, of_target: np.ndarray, settings: Evaluation, seed: int) -> tuple[Gap, float]:
    """Return the proxy A-distance between the markets' texts as M_A sees them, and the p-value of an MMD test beside it."""
    wrong = divergence.domain_errors(of_source, of_target, seed)
    error = intervals.share(int(wrong.sum()), len(wrong), settings.confidence)
    low, mid, high = (divergence.proxy_a_distance(e) for e in (error.high, error.mid, error.low))
    value = Quantity(
        mid=mid, low=low, high=high, unit="distance from 0 to 2", origin="measured", source=intervals.SOURCE, n=len(wrong),
        method=f"proxy A-distance of a linear classifier, five folds, Wilson interval, {settings.confidence:.0%}",
    )  # fmt: skip
    _, p_value = divergence.mmd2_with_p(of_source, of_target, _SHUFFLES, seed)
    meaning = Message(
        "From what the home model sees in a text, its market is told rightly in {share:percent} of the cases.",
        share=1 - error.mid,
    )
    return Gap("domain", value, 0.0, meaning), p_value


def calibration(
    at_home: tuple[np.ndarray, np.ndarray], abroad: tuple[np.ndarray, np.ndarray], settings: Evaluation, seed: int
) -> Gap:
    """Return calibration error abroad minus at home of one model, from (probabilities, truth) of each market."""

    def gap(pick_home: np.ndarray, pick_abroad: np.ndarray) -> float:
        errors = [
            metrics.expected_calibration_error(p[pick], t[pick])
            for (p, t), pick in ((at_home, pick_home), (abroad, pick_abroad))
        ]
        return errors[1] - errors[0]

    sizes = len(at_home[1]), len(abroad[1])
    value = _bootstrap_of_two(gap, sizes, "share", "difference of calibration errors in 15 equal groups", settings, seed)
    if value.low <= 0 <= value.high:
        meaning = Message("The home model's confidence is not shown to be less trustworthy abroad than at home.")
    elif value.mid > 0:
        meaning = Message(
            "Abroad, the home model's confidence misleads by {points:number1} points more than at home.", points=100 * value.mid
        )
    else:
        meaning = Message(
            "Abroad, the home model's confidence misleads by {points:number1} points less than at home.",
            points=-100 * value.mid,
        )
    return Gap("calibration", value, 0.0, meaning)


def tokenizer_premium(
    tokenizer: PreTrainedTokenizerBase,
    source_texts: Sequence[str],
    target_texts: Sequence[str],
    settings: Evaluation,
    seed: int,
) -> Gap:
    """Return tokens per target text over tokens per source text, whole texts: above 1 the target costs more to compute.

    On parallel texts this is the premium of Petrov et al. 2023; on each market's own texts it also holds their lengths.
    """
    counts = [
        np.array([len(ids) for ids in tokenizer(list(texts), truncation=False)["input_ids"]])
        for texts in (source_texts, target_texts)
    ]
    value = _bootstrap_of_two(
        lambda home, abroad: counts[1][abroad].mean() / counts[0][home].mean(),
        (len(counts[0]), len(counts[1])), "ratio", "ratio of mean tokens", settings, seed,
    )  # fmt: skip
    meaning = Message("A text of the target market takes {ratio:number2} times the tokens of one at home.", ratio=value)
    return Gap("tokens", value, 1.0, meaning)


def as_table(gaps: Sequence[Gap]) -> pd.DataFrame:
    """Return measure, value, low, high, reference, unit, n, method: a row per gap."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "measure": gap.measure,
                "value": gap.value.mid,
                "low": gap.value.low,
                "high": gap.value.high,
                "reference": gap.reference,
                "unit": gap.value.unit,
                "n": gap.value.n,
                "method": gap.value.method,
            }
            for gap in gaps
        ]
    )


def _measured(mid: float, error: float, unit: str, n: int, method: str, confidence: float, top: float) -> Quantity:
    from scipy.stats import norm

    half = float(norm.ppf((1 + confidence) / 2)) * error
    return Quantity(
        mid=mid, low=mid - half, high=max(mid, min(top, mid + half)), unit=unit, origin="measured", source=intervals.SOURCE, n=n,
        method=f"{method}, {confidence:.0%}",
    )  # fmt: skip


def _bootstrap_of_two(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    sizes: tuple[int, int],
    unit: str,
    method: str,
    settings: Evaluation,
    seed: int,
) -> Quantity:
    """Return a statistic of two independent samples with its bootstrap interval (basic, which corrects the bias of ECE)."""
    draws = zip(*(intervals.resamples(n, settings.resamples, seed + i) for i, n in enumerate(sizes)), strict=True)
    values = [statistic(*pair) for pair in draws]
    mid, tail = float(statistic(*(np.arange(n) for n in sizes))), (1 - settings.confidence) / 2
    low, high = (2 * mid - float(q) for q in np.quantile(values, [1 - tail, tail]))
    return Quantity(
        mid=mid, low=min(low, mid), high=max(high, mid), unit=unit, origin="measured", source=intervals.SOURCE, n=sum(sizes),
        method=f"{method}, bootstrap of rows, {settings.resamples} draws, {settings.confidence:.0%}",
    )  # fmt: skip


def _moved(path_a: Path, path_b: Path) -> pd.DataFrame:
    """Return part, moved (squared distance) and size (squared length), summed over the tensors of each part."""
    import pandas as pd
    from safetensors import safe_open

    with safe_open(path_a, framework="np") as a, safe_open(path_b, framework="np") as b:
        if set(a.keys()) != set(b.keys()):
            raise GapError(
                "weights of two different architectures", "two models from one start", "compare a model with its own adaptation"
            )
        rows = []
        for name in a.keys():  # noqa: SIM118  (not a dict)
            first, second = a.get_slice(name), b.get_slice(name)
            if first.get_shape() != second.get_shape():
                raise GapError(
                    f"'{name}' of other shapes", "two models from one start", "compare a model with its own adaptation"
                )
            rows.append({"part": _part(name), **_squares(first, second)})
    return pd.DataFrame(rows).groupby("part", sort=False, as_index=False).sum()


def _squares(first: Any, second: Any) -> dict[str, float]:
    """Return moved and size of one tensor, summed in float64 block by block: two embeddings as a whole would not fit."""
    moved = size = 0.0
    count = (first.get_shape() or [1])[0]
    for start in range(0, count, _BLOCK_ROWS):
        rows = slice(start, min(start + _BLOCK_ROWS, count)) if first.get_shape() else ...
        block, other = (side[rows].astype(np.float32, copy=False) for side in (first, second))
        moved += float(np.square(block - other).sum(dtype=np.float64))
        size += float(np.square(block).sum(dtype=np.float64))
    return {"moved": moved, "size": size}


def _part(name: str) -> str:
    """Return `layer 3`, `embeddings` or `head` for a tensor's name."""
    words = name.split(".")
    number = next((word for word in words if word.isdigit()), None)
    return f"layer {int(number) + 1}" if number is not None else "embeddings" if "embed" in name else "head"
