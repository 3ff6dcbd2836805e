"""The tables and figures of the value page, read off a valuation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.units import MONTHS_PER_YEAR, Quantity
from bigmodel_utils.value import errors_to_money, threshold, uncertainty, venture
from bigmodel_utils.value.uncertainty import Z80

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.value.valuation import Valuation

PERCENTILES = (10, 25, 50, 75, 90)


def figures(valuation: Valuation) -> dict[str, Quantity]:
    """Return the headline figures: P50 with P10 and P90 over the draws, each with its origin.

    `payback_month` is there only when at least half of the draws are paid back within the horizon.
    """
    x, paths, months = valuation.draws, valuation.paths, valuation.years * MONTHS_PER_YEAR
    found = {
        "npv": uncertainty.spread(paths.npv, "USD", len(paths.npv)),
        "irr": uncertainty.spread(paths.irr, "per year", len(paths.npv)),
        "lowest_cash": uncertainty.spread(paths.lowest, "USD", len(paths.npv)),
        "people_usd_per_thousand": uncertainty.spread(venture.people_usd_per_thousand(x), "USD per 1,000"),
        "saving_per_thousand": uncertainty.spread(venture.saving_usd_per_thousand(x), "USD per 1,000"),
        "price_per_thousand": uncertainty.spread(venture.price_usd_per_thousand(x), "USD per 1,000"),
        "probability_of_gain": _chance(paths.npv > 0),
        "probability_of_saving": _chance(venture.saving_usd_per_thousand(x) > 0),
        "probability_of_payback": _chance(paths.payback <= months),
        "serving_usd_per_thousand": valuation.serving,
        "training_usd": valuation.training,
    }
    if np.median(paths.payback) <= months:
        found["payback_month"] = uncertainty.spread(np.minimum(paths.payback, months).astype(float), "months")
    return found


def _chance(happens: np.ndarray) -> Quantity:
    mid = float(np.mean(happens))
    half = Z80 * float(np.sqrt(mid * (1 - mid) / len(happens)))
    method = "share of draws; the interval is that of the simulation only"
    ends = max(0.0, mid - half), mid, min(1.0, mid + half)
    return Quantity.estimated(*ends, "share", source=uncertainty.SOURCE, method=method, n=len(happens))


def cost_per_thousand(valuation: Valuation) -> pd.DataFrame:
    """Return what 1,000 items cost with people and with each model, USD.

    Columns process, computing, reading, missed, needless, total (means over draws), low, high (P10, P90 of total).
    """
    import pandas as pd

    x, seed = valuation.draws, valuation.scenario.seed
    computing = venture.serving_usd_thousand(x)
    reading = errors_to_money.reading_usd_per_thousand(x["reviewer_wage_usd_hour"], x["reviews_read_per_hour"])
    rows = [_process_row(valuation, "people", x["human_recall"], x["human_false_alarm_rate"], 0 * reading, reading)]
    for model, pair in valuation.rates.items():
        drawn = uncertainty.draw({marginal.name: marginal for marginal in pair}, len(computing), seed)
        rows.append(_process_row(valuation, model, *(drawn[marginal.name] for marginal in pair), computing, 0 * reading))
    return pd.DataFrame(rows)


def _process_row(
    valuation: Valuation, process: str, recall: np.ndarray, false_alarms: np.ndarray, computing: np.ndarray, reading: np.ndarray
) -> dict[str, object]:
    x = valuation.draws
    missed = errors_to_money.missed_usd_per_thousand(x["complaint_share"], recall, x["missed_complaint_usd"])
    needless = errors_to_money.needless_usd_per_thousand(x["complaint_share"], false_alarms, x["needless_contact_usd"])
    total = computing + reading + missed + needless
    low, high = np.percentile(total, (10, 90))
    parts = {"computing": computing, "reading": reading, "missed": missed, "needless": needless, "total": total}
    return {
        "process": process,
        **{name: float(np.mean(part)) for name, part in parts.items()},
        "low": float(low),
        "high": float(high),
    }


def cash(valuation: Valuation) -> pd.DataFrame:
    """Return cumulative cash by month: columns month, p10, p25, p50, p75, p90, USD, undiscounted."""
    import pandas as pd

    levels = np.percentile(valuation.paths.cumulative, PERCENTILES, axis=1)
    table = {f"p{percent}": level.astype(float) for percent, level in zip(PERCENTILES, levels, strict=True)}
    return pd.DataFrame({"month": np.arange(levels.shape[1]), **table})


def npv_density(valuation: Valuation, points: int = 200) -> pd.DataFrame:
    """Return the density of the net present value between its P1 and P99: columns npv (USD), density (per USD)."""
    import pandas as pd
    from scipy.stats import gaussian_kde

    npv = valuation.paths.npv
    grid = np.linspace(*np.percentile(npv, (1, 99)), points)
    return pd.DataFrame({"npv": grid, "density": gaussian_kde(npv[:5000], "silverman")(grid)})


def threshold_cost(
    valuation: Valuation, predictions: pd.DataFrame, models: tuple[str, ...] = ("a", "b", "p", "rival")
) -> pd.DataFrame:
    """Return USD per 1,000 live items by threshold: columns model, threshold, recall, false_alarm_rate, usd_per_thousand.

    predictions: column label (index into the task's labels) and one column of event probabilities per model.
    Costs and the live share of events stand at their P50.
    """
    import pandas as pd

    task, marginals = valuation.scenario.task, valuation.marginals
    is_event = predictions["label"].to_numpy() == task.labels.index(task.event)
    costs = [marginals[name].p50 for name in ("complaint_share", "missed_complaint_usd", "needless_contact_usd")]
    curves = [
        threshold.cost_by_threshold(predictions[model].to_numpy(), is_event, *costs).assign(model=model)
        for model in models
        if model in predictions
    ]
    return pd.concat(curves, ignore_index=True)[["model", "threshold", "recall", "false_alarm_rate", "usd_per_thousand"]]
