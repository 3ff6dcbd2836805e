"""Work shared between a model and people: from which confidence the model decides alone, and what the sharing is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.device import choose
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import compute_cost, errors_to_money, uncertainty

NEVER = 2.0  # a line of trust that no confidence reaches
_STEP = 0.05  # share of rows by which the line of trust is lowered, one test each


def conformal_risk_line(sure: np.ndarray, right: np.ndarray, error_rate: float) -> float:
    """Return the lowest confidence from which a model may decide alone so that at most `error_rate` of all answers go wrong.

    sure, right: confidence and correctness on rows that it did not learn from. Conformal risk control (Angelopoulos 2022):
    (wrong and decided alone + 1) / (n + 1) <= error_rate holds the rate on average over new rows. NEVER when nothing may be.
    """
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order])
    allowed = np.flatnonzero((wrong + 1) / (len(sure) + 1) <= error_rate)
    last = np.append(np.diff(sure[order]) != 0, True)  # rows of one confidence stand or fall together
    allowed = allowed[last[allowed]]
    return float(sure[order][allowed[-1]]) if len(allowed) else NEVER


def learn_then_test_line(sure: np.ndarray, right: np.ndarray, error_rate: float, confidence: float) -> float:
    """Return the confidence from which a model may answer alone: then more than `error_rate` wrong answers are unlikely.

    sure, right: on rows that it did not learn from. The line is lowered step by step while a binomial test shows that fewer
    go wrong, and stops where one fails (fixed-sequence testing; Angelopoulos 2021, Learn then Test). It may set out twice,
    each time with half of the doubt that `confidence` leaves: from the fewest rows of which a test forgives one, in case
    few can be trusted, and from the surer half, in case most can. NEVER when nothing may be answered alone.
    """
    from scipy.stats import binom

    ranked, n, doubt = np.sort(sure)[::-1], len(sure), (1 - confidence) / 2
    fewest = next((size for size in range(1, n + 1) if binom.cdf(1, size, error_rate) <= doubt), n + 1)
    line = NEVER
    for start in (fewest, max(fewest, n // 2)):
        for size in range(start, n + 1, max(1, round(_STEP * n))):
            alone = sure >= ranked[size - 1]  # rows of one confidence stand or fall together
            if binom.cdf((alone & ~right).sum(), alone.sum(), error_rate) > doubt:
                break
            line = min(line, float(ranked[size - 1]))
    return line


class Task(Protocol):
    """A task measured on unseen rows: what of it is done alone and goes wrong (shares of all rows), at which rate."""

    subject: str
    alone: Quantity
    wrong: Quantity
    rate: Quantity
    cores: int


@dataclass(frozen=True)
class Worth:
    """Money per 1,000 items, USD: people alone, the model with people behind it, what that saves, and what computing costs."""

    people: Quantity
    together: Quantity
    saving: Quantity
    serving: Quantity
    chance: float  # that it saves money


def worth(task: Task, scenario: Scenario) -> Worth:
    """Return what 1,000 items cost as people do them and as the model does with people behind it.

    Reads the assumptions SUBJECT_wage_usd_hour, _read_per_hour, _human_error_rate and _error_usd.
    """
    serving = compute_cost.serving_on(scenario, task.rate, choose().reported, task.cores)
    names = [f"{task.subject}_{what}" for what in ("wage_usd_hour", "read_per_hour", "human_error_rate", "error_usd")]
    marginals = uncertainty.from_assumptions({name: scenario.assumption(name) for name in names})
    for key, share in (("alone", task.alone), ("wrong", task.wrong)):
        hits = round(share.mid * share.n)
        marginals[key] = uncertainty.from_counts(key, hits, share.n - hits)
    marginals["serving"] = uncertainty.from_quantity("serving", serving)
    x = uncertainty.draw(marginals, scenario.decision.draws, scenario.seed)
    wage, per_hour, human_error_rate, error_usd = (x[name] for name in names)
    people = errors_to_money.reading_usd_per_thousand(wage, per_hour)
    people = people + errors_to_money.missed_usd_per_thousand(1.0, 1 - human_error_rate, error_usd)
    slips = errors_to_money.missed_usd_per_thousand(1.0, 1 - x["wrong"], error_usd)
    return weighed(people, (1 - x["alone"]) * people + slips + x["serving"], serving)


def weighed(people: np.ndarray, together: np.ndarray, serving: Quantity) -> Worth:
    """Return both ways side by side, from joint draws of USD per 1,000 items; 80 % intervals."""
    spreads = (uncertainty.spread(values, "USD per 1,000") for values in (people, together, people - together))
    return Worth(*spreads, serving, errors_to_money.probability_of_saving(together, people))
