"""What privacy costs: accuracy and money at each epsilon, over several draws of the noise, beside the same shape without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.trust import accountant, privacy
from bigmodel_utils.trust.accountant import Mechanism
from bigmodel_utils.trust.head import Head
from bigmodel_utils.trust.ledger import Entry, Ledger, noise_seed
from bigmodel_utils.trust.rows import Rows
from bigmodel_utils.trust.vectors import Views
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import threshold
from bigmodel_utils.value.errors_to_money import errors_usd_per_thousand

if TYPE_CHECKING:
    import pandas as pd

WITHOUT = float("inf")
_METHOD = "rows and draws of the noise resampled in pairs, {draws} draws, {confidence:.0%}"


@dataclass(frozen=True)
class Curve:
    """`points`: epsilon (infinite: without protection), accuracy, lost (points of accuracy), usd_lost (per 1,000), each with
    low and high. `heads`: by epsilon, one per draw of the noise. `counted`: epsilon of all trainings here, ours and Opacus'.

    `entries`: the account of the data set; `spent`: epsilon of all of it together; `new`: how many trainings were new.
    """

    points: pd.DataFrame
    heads: dict[float, list[Head]]
    counted: tuple[float, float]
    entries: list[Entry]
    spent: float
    delta: float
    new: int

    @property
    def loosest(self) -> float:
        """The largest epsilon trained within."""
        return max(epsilon for epsilon in self.heads if epsilon != WITHOUT)

    @property
    def figures(self) -> dict[str, Quantity]:
        """Return accuracy_private, points_lost, usd_lost and spent at the largest epsilon, and accuracy without protection."""
        worst = self.points[np.isfinite(self.points["epsilon"])].iloc[-1]
        return {
            "privacy_accuracy": self._measured(worst, "accuracy", "share"),
            "privacy_points_lost": self._measured(worst, "lost", "points"),
            "privacy_usd_lost": self._measured(worst, "usd_lost", "USD per 1,000"),
            "privacy_accuracy_without": self._measured(self.points.iloc[-1], "accuracy", "share"),
        }

    def _measured(self, row: pd.Series, what: str, unit: str) -> Quantity:
        ends = {"low": row[f"{what}_low"], "high": row[f"{what}_high"]}
        return Quantity(
            mid=row[what], unit=unit, origin="measured", source="this run, held-out rows", method=row["method"],
            n=int(row["n"]), **ends,
        )  # fmt: skip


def measure(scenario: Scenario, views: Views) -> Curve:
    """Return the curve of a scenario's epsilons; the ledger is asked first and raises TrustError when the budget is short."""
    trust, rows = scenario.trust, views.train
    delta = trust.delta or 1 / (10 * len(rows))
    chosen = {epsilon: privacy.mechanism(epsilon, delta, len(rows)) for epsilon in sorted(set(trust.epsilons))}
    plans = {(e, repeat): _entry(e, delta, one, rows, repeat) for e, one in chosen.items() for repeat in range(trust.seeds)}
    ledger = Ledger(views.data_set)
    new = ledger.spend(list(plans.values()), trust.budget)
    heads, made = _trained(views, chosen, plans, trust.seeds)
    counted = accountant.epsilon(made, delta), accountant.library_epsilon(made, delta)
    points = _points(scenario, views, heads)
    return Curve(points, heads, counted, ledger.entries(), ledger.spent(delta), delta, len(new))


def _entry(epsilon: float, delta: float, chosen: Mechanism, rows: Rows, repeat: int) -> Entry:
    recipe = f"{rows.fingerprint} {tuple(chosen)} clip {privacy.CLIP} rate {privacy.LEARNING_RATE} draw {repeat}"
    return Entry(f"head on frozen vectors, draw {repeat + 1}", epsilon, delta, *chosen, fingerprint=recipe)


def _trained(
    views: Views, chosen: dict[float, Mechanism], plans: dict[tuple[float, int], Entry], repeats: int
) -> tuple[dict[float, list[Head]], list[Mechanism]]:
    heads: dict[float, list[Head]] = {epsilon: [] for epsilon in (*chosen, WITHOUT)}
    made = []
    for (epsilon, _), entry in plans.items():
        head, mechanism = privacy.train(views.train, views.classes, chosen[epsilon], noise_seed(entry.fingerprint))
        heads[epsilon].append(head.calibrated(views.home))
        made.append(mechanism)
    for repeat in range(repeats):
        head, _ = privacy.train(views.train, views.classes, None, repeat)
        heads[WITHOUT].append(head.calibrated(views.home))
    return heads, made


def _points(scenario: Scenario, views: Views, heads: dict[float, list[Head]]) -> pd.DataFrame:
    import pandas as pd

    settings, test, repeats = scenario.evaluation, views.test, scenario.trust.seeds
    code = scenario.task.labels.index(scenario.task.event)
    event = test.labels == code
    line = threshold.for_scenario(scenario, float(event.mean()))
    costs = [scenario.assumption(name).mid for name in ("complaint_share", "missed_complaint_usd", "needless_contact_usd")]
    answers = {e: np.stack([head.probabilities(test.vectors) for head in own]) for e, own in heads.items()}
    right = {e: answer.argmax(axis=2) == test.labels for e, answer in answers.items()}
    flagged = {e: answer[:, :, code] >= line for e, answer in answers.items()}
    rng = np.random.default_rng(scenario.seed)
    weights = _picks(len(test), settings.resamples, rng), _picks(repeats, settings.resamples, rng) / repeats
    accuracy = {e: _over(weights, values).mean(axis=1) for e, values in right.items()}
    usd = {e: _usd(weights, values, event, costs) for e, values in flagged.items()}
    method = _METHOD.format(draws=settings.resamples, confidence=settings.confidence)
    found = []
    for e in heads:
        spreads = {"accuracy": accuracy[e], "lost": 100 * (accuracy[WITHOUT] - accuracy[e]), "usd_lost": usd[e] - usd[WITHOUT]}
        row = {"epsilon": e, "n": len(test), "method": method, "usd_errors": usd[e][0]}
        found.append(row | _ends(spreads, settings.confidence))
    return pd.DataFrame(found)


def _picks(count: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of `count` is drawn, (1 + resamples, count); the first row takes each once."""
    return np.vstack([np.ones((1, count)), rng.multinomial(count, np.full(count, 1 / count), resamples)])


def _over(weights: Sequence[np.ndarray], values: np.ndarray) -> np.ndarray:
    """Return values (draws of noise, rows), averaged over noise and weighted by row, for every resample: (resamples, rows)."""
    return (weights[1] @ values) * weights[0]


def _usd(weights: Sequence[np.ndarray], flagged: np.ndarray, event: np.ndarray, costs: Sequence[float]) -> np.ndarray:
    """Return the cost of errors per 1,000 texts in every resample, USD."""
    kept = _over(weights, flagged)
    recall = kept[:, event].sum(axis=1) / weights[0][:, event].sum(axis=1)
    alarms = kept[:, ~event].sum(axis=1) / weights[0][:, ~event].sum(axis=1)
    share, missed, needless = costs
    return errors_usd_per_thousand(share, np.minimum(recall, 1), np.minimum(alarms, 1), missed, needless)


def _ends(spreads: dict[str, np.ndarray], confidence: float) -> dict[str, float]:
    """Return mid (all rows), low and high of each spread, whose first entry is the value on all rows."""
    found = {}
    for name, values in spreads.items():
        low, high = np.nanquantile(values[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
        mid = float(values[0])
        found |= {name: mid, f"{name}_low": min(float(low), mid), f"{name}_high": max(float(high), mid)}
    return found


def account(curve: Curve, budget: float | None) -> Message:
    """Return what the data set's account says, its limit where one is set, and what a repetition costs."""
    limit = Message("{budget:number1} may be spent in all", budget=budget) if budget else Message("no limit is set")
    return Message(
        "{count} private trainings stand in the account of these rows; together they spend an epsilon of {spent:number2}, and "
        "{limit}. {new}",
        count=len(curve.entries),
        spent=curve.spent,
        limit=limit,
        new=Message("{new} of them are new in this run.", new=curve.new)
        if curve.new
        else Message("This run repeated earlier trainings and spent nothing."),
    )
