"""How good probabilities are: accuracy, macro F1, confusion at a threshold, calibration, temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Confusion:
    """Counts at a threshold; positive is the event that the business acts on."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int

    def recall(self, confidence: float = 0.95) -> Quantity:
        """Share of events that the model flags."""
        return intervals.share(self.true_positive, self.true_positive + self.false_negative, confidence)

    def false_alarm_rate(self, confidence: float = 0.95) -> Quantity:
        """Share of other rows that the model flags."""
        return intervals.share(self.false_positive, self.false_positive + self.true_negative, confidence)


def accuracy(probabilities: np.ndarray, truth: np.ndarray, confidence: float = 0.95) -> Quantity:
    """Return the share of rows whose likeliest label is right."""
    intervals.refuse_unfit(probabilities)
    return intervals.share(int((probabilities.argmax(axis=1) == truth).sum()), len(truth), confidence)


def macro_f1(predicted: np.ndarray, truth: np.ndarray, labels: int, settings: Evaluation, seed: int) -> Quantity:
    """Return the mean over labels of 2TP / (2TP + FP + FN); a label neither present nor predicted counts as 0.

    The interval is a bootstrap of rows; drawing rows again only needs how often each pair of truth and answer comes up.
    """
    pairs, counts = np.unique(truth * labels + predicted, return_counts=True)
    true, given = np.eye(labels)[pairs // labels], np.eye(labels)[pairs % labels]

    def score(counts: np.ndarray) -> np.ndarray:
        hits, seen = counts @ (true * given), counts @ (true + given)
        return np.divide(2 * hits, seen, out=np.zeros(hits.shape), where=seen > 0).mean(axis=-1)

    n, tail = len(truth), (1 - settings.confidence) / 2
    drawn = score(np.random.default_rng(seed).multinomial(n, counts / n, size=settings.resamples))
    mid, (low, high) = float(score(counts)), np.quantile(drawn, [tail, 1 - tail])
    return Quantity(
        mid=mid, low=min(float(low), mid), high=max(float(high), mid), unit="score", origin="measured", source=intervals.SOURCE,
        n=n, method=f"bootstrap of rows, {settings.resamples} draws, {settings.confidence:.0%}",
    )  # fmt: skip


def score_table(
    answers: Mapping[str, np.ndarray], truth: np.ndarray, market: str, settings: Evaluation, seed: int
) -> pd.DataFrame:
    """Return one row per model: model, market, accuracy, low, high, macro_f1, macro_f1_low, macro_f1_high, brier, ece, n.

    `answers` holds probabilities (rows, labels) by model name, over the same rows as `truth` (label indices).
    """
    import pandas as pd

    rows = []
    for model, probabilities in answers.items():
        right = accuracy(probabilities, truth, settings.confidence)
        f1 = macro_f1(probabilities.argmax(axis=1), truth, probabilities.shape[1], settings, seed)
        rows.append(
            {
                "model": model,
                "market": market,
                "accuracy": right.mid,
                "low": right.low,
                "high": right.high,
                "macro_f1": f1.mid,
                "macro_f1_low": f1.low,
                "macro_f1_high": f1.high,
                "brier": brier(probabilities, truth),
                "ece": expected_calibration_error(probabilities, truth),
                "n": len(truth),
            }
        )
    return pd.DataFrame(rows)


def by_label(probabilities: np.ndarray, truth: np.ndarray, labels: Sequence[str], confidence: float = 0.95) -> pd.DataFrame:
    """Return a row per label: label, n, recall and precision each with _low and _high (Wilson), f1.

    `n` counts the rows whose true label it is; precision of a label that is never given is nan.
    """
    import pandas as pd

    guess, rows = probabilities.argmax(axis=1), []
    for code, label in enumerate(labels):
        hits = int(((guess == code) & (truth == code)).sum())
        row: dict[str, object] = {"label": label, "n": int((truth == code).sum())}
        for name, base in (("recall", truth), ("precision", guess)):
            count = int((base == code).sum())
            low, high = intervals.wilson(hits, count, confidence) if count else (np.nan, np.nan)
            row |= {name: hits / count if count else np.nan, f"{name}_low": low, f"{name}_high": high}
        seen = int((truth == code).sum() + (guess == code).sum())
        rows.append(row | {"f1": 2 * hits / seen if seen else 0.0})
    return pd.DataFrame(rows)


def confusion(event_probability: np.ndarray, is_event: np.ndarray, threshold: float) -> Confusion:
    """Return the counts when rows at or above `threshold` are flagged."""
    flagged, event = event_probability >= threshold, is_event.astype(bool)
    return Confusion(
        int((flagged & event).sum()),
        int((~flagged & event).sum()),
        int((flagged & ~event).sum()),
        int((~flagged & ~event).sum()),
    )


def error_rates(event_probability: np.ndarray, is_event: np.ndarray) -> pd.DataFrame:
    """Return miss_rate and false_alarm_rate at every threshold at which they change, from flag-all to flag-none."""
    import pandas as pd

    event = is_event.astype(bool)
    thresholds = np.unique(np.concatenate([[0.0], event_probability, [np.nextafter(1.0, 2.0)]]))
    missed = np.searchsorted(np.sort(event_probability[event]), thresholds) / event.sum()
    needless = 1 - np.searchsorted(np.sort(event_probability[~event]), thresholds) / (~event).sum()
    return pd.DataFrame({"threshold": thresholds, "miss_rate": missed, "false_alarm_rate": needless})


def cheapest_threshold(
    event_probability: np.ndarray, is_event: np.ndarray, event_share: float, missed_usd: float, needless_usd: float
) -> float:
    """Return the threshold with the least cost per row when live traffic holds `event_share` of events.

    Choose it on validation rows, not on the test rows it is judged on. Ties go to the middle of the best stretch.
    """
    rates = error_rates(event_probability, is_event)
    cost = event_share * rates["miss_rate"] * missed_usd + (1 - event_share) * rates["false_alarm_rate"] * needless_usd
    best = np.flatnonzero(np.isclose(cost, cost.min(), rtol=1e-9, atol=0))
    return float(min(1.0, rates["threshold"].iloc[best[len(best) // 2]]))


def brier(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean squared distance to the one-hot truth, 0 best, 2 worst (Brier 1950)."""
    intervals.refuse_unfit(probabilities)
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())


def reliability(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> pd.DataFrame:
    """Return n, confidence and accuracy of `bins` groups of equal size, least confident first."""
    import pandas as pd

    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    groups = np.array_split(np.argsort(top, kind="stable"), min(bins, len(top)))
    return pd.DataFrame([{"n": len(g), "confidence": top[g].mean(), "accuracy": right[g].mean()} for g in groups])


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal size (Naeini 2015)."""
    intervals.refuse_unfit(probabilities)
    top = probabilities.max(axis=1)
    excess = (top - (probabilities.argmax(axis=1) == truth))[np.argsort(top, kind="stable")]
    return float(sum(abs(group.sum()) for group in np.array_split(excess, min(bins, len(top)))) / len(top))


def softmax(values: np.ndarray) -> np.ndarray:
    """Return probabilities (texts, labels) as float64 from logits."""
    shifted = np.exp(values.astype(np.float64) - values.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return the T that minimises cross-entropy of softmax(logits / T) on validation rows (Guo 2017), within 0.05 to 20."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_t: float) -> float:
        return -log_softmax(logits.astype(np.float64) / np.exp(log_t), axis=1)[np.arange(len(truth)), truth].mean()

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded").x))


def softened(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities as they would be with logits divided by `temperature`."""
    powered = np.clip(probabilities, 1e-300, 1) ** (1 / temperature)
    return powered / powered.sum(axis=1, keepdims=True)
