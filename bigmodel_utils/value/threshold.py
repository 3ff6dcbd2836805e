"""Where to draw the line: the threshold, or the band for people, that costs least.

All probabilities must be calibrated; `at_share` carries them from a balanced test set to live traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.scenario import Scenario
from bigmodel_utils.value import refusals

if TYPE_CHECKING:
    import pandas as pd


def cost_optimal(missed_usd: float, needless_usd: float) -> float:
    """Return the calibrated probability above which acting is cheaper: C_FP / (C_FP + C_FN) (Elkan 2001)."""
    refusals.not_negative(missed_usd=missed_usd, needless_usd=needless_usd)
    refusals.above_zero(**{"missed_usd + needless_usd": missed_usd + needless_usd})
    return needless_usd / (needless_usd + missed_usd)


def at_share(probability: np.ndarray | float, measured_share: float, live_share: float) -> np.ndarray | float:
    """Return probabilities calibrated at `measured_share` of events, as they read at `live_share` (Saerens 2002)."""
    refusals.share(probability=probability, measured_share=measured_share, live_share=live_share)
    refusals.above_zero(**{"measured_share": measured_share, "1 - measured_share": 1 - measured_share})
    event = probability * live_share * (1 - measured_share)
    other = (1 - probability) * (1 - live_share) * measured_share
    both = event + other  # zero where a sure answer meets traffic without such items: then traffic is right
    return np.where(both > 0, event / np.where(both > 0, both, 1), live_share)[()]


def cost_optimal_at_share(missed_usd: float, needless_usd: float, live_share: float, measured_share: float) -> float:
    """Return the threshold on probabilities of the test set that is cost-optimal in live traffic."""
    return float(at_share(cost_optimal(missed_usd, needless_usd), live_share, measured_share))


def for_scenario(scenario: Scenario, measured_share: float) -> float:
    """Return `cost_optimal_at_share` for the middle of the scenario's error costs and live share of events."""
    names = ("missed_complaint_usd", "needless_contact_usd", "complaint_share")
    return cost_optimal_at_share(*(scenario.assumption(name).mid for name in names), measured_share)


def review_band(missed_usd: float, needless_usd: float, review_usd: float) -> tuple[float, float] | None:
    """Return (from, to), the probabilities at which asking a perfect reader is cheapest; None when never (Chow 1970)."""
    refusals.above_zero(missed_usd=missed_usd, needless_usd=needless_usd)
    refusals.not_negative(review_usd=review_usd)
    low, high = review_usd / missed_usd, 1 - review_usd / needless_usd
    return (low, high) if low < high else None


def cost_by_threshold(
    probability: np.ndarray, is_event: np.ndarray, live_share: float, missed_usd: float, needless_usd: float
) -> pd.DataFrame:
    """Return columns threshold, recall, false_alarm_rate, usd_per_thousand for every distinct threshold.

    probability, is_event: (n,), both classes present. Acting means probability >= threshold. Errors are
    weighted to `live_share` of events, whatever the test set's share is.
    """
    import pandas as pd

    from bigmodel_utils.value.errors_to_money import errors_usd_per_thousand

    refusals.share(probability=probability, live_share=live_share)
    refusals.not_negative(missed_usd=missed_usd, needless_usd=needless_usd)
    event = np.asarray(is_event, dtype=bool)
    if event.all() or not event.any():
        raise refusals.ValueRefused("items of one class only", "events and other items", "is_event")
    order = np.argsort(-np.asarray(probability), kind="stable")
    sorted_probability, hits = np.asarray(probability)[order], np.cumsum(event[order])
    last = np.append(np.diff(sorted_probability) != 0, True)
    alarms = np.arange(1, len(event) + 1) - hits
    recall = np.append(0.0, hits[last] / event.sum())
    false_alarm_rate = np.append(0.0, alarms[last] / (~event).sum())
    usd = errors_usd_per_thousand(live_share, recall, false_alarm_rate, missed_usd, needless_usd)
    thresholds = np.append(np.inf, sorted_probability[last])
    return pd.DataFrame(
        {
            "threshold": np.minimum(thresholds, 1.0),
            "recall": recall,
            "false_alarm_rate": false_alarm_rate,
            "usd_per_thousand": usd,
        }
    )
