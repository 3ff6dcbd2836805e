"""How well probabilities rank events before other rows, whatever the threshold: ROC and precision-recall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.choices import Evaluation
from bigmodel_utils.evaluation import intervals
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 250  # draws in memory together


def curve(event_probability: np.ndarray, is_event: np.ndarray, event_share: float) -> pd.DataFrame:
    """Return threshold, recall, false_alarm_rate, precision at every distinct probability, highest first.

    Precision is what it would be in traffic that holds `event_share` of events, whatever the test rows hold.
    """
    import pandas as pd

    order = _Order(event_probability, is_event)
    recall, alarms = order.rates(np.ones((1, len(is_event))))
    precision = _precision(recall, alarms, event_share)
    return pd.DataFrame(
        {
            "threshold": event_probability[order.rows][order.last],
            "recall": recall[0],
            "false_alarm_rate": alarms[0],
            "precision": precision[0],
        }
    )


def areas(
    event_probabilities: Mapping[str, np.ndarray], is_event: np.ndarray, event_share: float, settings: Evaluation, seed: int
) -> pd.DataFrame:
    """Return model, roc_area, roc_low, roc_high, average_precision, precision_low, precision_high, n: a row per model.

    ROC area is the chance that an event ranks before another row (0.5 by luck); average precision is the area under
    precision against recall (`event_share` by luck). Intervals: bootstrap of rows, the same rows for every model.
    """
    import pandas as pd

    n, tail = len(is_event), (1 - settings.confidence) / 2
    draws = intervals.resamples(n, settings.resamples, seed)
    rows = []
    for model, probability in event_probabilities.items():
        order = _Order(probability, is_event)
        found = [order.areas(_counts(part, n), event_share) for part in np.split(draws, range(_AT_ONCE, len(draws), _AT_ONCE))]
        drawn = np.concatenate(found, axis=1)
        mid = order.areas(np.ones((1, n)), event_share)[:, 0]
        low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=1)
        names = ("roc_area", "roc_low", "roc_high", "average_precision", "precision_low", "precision_high")
        values = (mid[0], low[0], high[0], mid[1], low[1], high[1])
        rows.append({"model": model, **dict(zip(names, map(float, values), strict=True)), "n": n})
    return pd.DataFrame(rows)


def figures(table: pd.DataFrame) -> dict[str, Quantity]:
    """Return roc_area_<model> of each row of `areas`."""
    return {
        f"roc_area_{row.model}": Quantity(
            mid=row.roc_area, low=min(row.roc_low, row.roc_area), high=max(row.roc_high, row.roc_area), unit="score",
            origin="measured", source=intervals.SOURCE, n=row.n, method="area under the ROC curve, bootstrap of rows",
        )
        for row in table.itertuples()
    }  # fmt: skip


class _Order:
    """Rows from the likeliest event down; `last` marks where a new probability begins, so that ties move together."""

    def __init__(self, probability: np.ndarray, is_event: np.ndarray) -> None:
        self.rows = np.argsort(-probability, kind="stable")
        self.event = is_event[self.rows].astype(float)
        self.last = np.flatnonzero(np.append(np.diff(probability[self.rows]) != 0, True))

    def rates(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return recall and false alarm rate (draws, thresholds) of weighted rows; nan where a kind of rows is missing."""
        weights = weights[:, self.rows]
        hits = (weights * self.event).cumsum(axis=1)[:, self.last]
        alarms = (weights * (1 - self.event)).cumsum(axis=1)[:, self.last]
        with np.errstate(invalid="ignore"):
            return hits / hits[:, -1:], alarms / alarms[:, -1:]

    def areas(self, weights: np.ndarray, event_share: float) -> np.ndarray:
        """Return ROC area and average precision, shape (2, draws)."""
        recall, alarms = (np.pad(rate, ((0, 0), (1, 0))) for rate in self.rates(weights))
        roc = (np.diff(alarms) * (recall[:, 1:] + recall[:, :-1]) / 2).sum(axis=1)
        precision = _precision(recall[:, 1:], alarms[:, 1:], event_share)
        return np.stack([roc, (np.diff(recall) * precision).sum(axis=1)])


def _precision(recall: np.ndarray, alarms: np.ndarray, event_share: float) -> np.ndarray:
    found, needless = event_share * recall, (1 - event_share) * alarms
    flagged = found + needless
    return np.divide(found, flagged, out=np.ones_like(flagged), where=flagged > 0)


def _counts(draws: np.ndarray, n: int) -> np.ndarray:
    """Return how often each draw holds each row, shape (draws, n)."""
    places = draws + n * np.arange(len(draws))[:, None]
    return np.bincount(places.ravel(), minlength=len(draws) * n).reshape(len(draws), n).astype(float)
