"""The workbench's questions put to pictures and tables: does the home model help, how good, how sure, what is it worth?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import BeyondText
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.delegation import Worth, conformal_risk_line
from bigmodel_utils.applications.small_networks import Network, Rival, train
from bigmodel_utils.applications.two_markets import Subject
from bigmodel_utils.evaluation import compare, intervals, metrics, speed
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

PAIRS = [("b", "a"), ("b", "p"), ("b", "rival"), ("b", "floor")]


@dataclass(frozen=True)
class Judged:
    """A subject's models on unseen rows. `scores`: as metrics.score_table; `alone`, `wrong`: shares of all test rows."""

    subject: str
    rows: dict[str, int]
    scores: pd.DataFrame
    compared: list[compare.Comparison]
    answers: np.ndarray  # calibrated probabilities of the adapted model, (test rows, labels)
    truth: np.ndarray
    limit: float
    line: float  # confidence from which the model decides alone
    alone: Quantity
    wrong: Quantity
    rate: Quantity
    cores: int
    interval_widths: tuple[float, float]

    def accuracy(self, model: str) -> Quantity:
        """Share of test rows that `model` has right."""
        row = self.scores.set_index("model").loc[model]
        return Quantity(
            mid=row["accuracy"], low=row["low"], high=row["high"], unit="share", origin="measured", source=intervals.SOURCE, n=len(self.truth)
        )  # fmt: skip


def judge(subject: Subject, scenario: Scenario) -> Judged:
    """Return how home, adapted and rival models read the target market's unseen rows, and how many it may decide alone."""
    import torch

    chosen, settings, seed = inputs.chosen(scenario, BeyondText), scenario.evaluation, scenario.seed
    labels, steps = subject.labels, chosen.steps
    home = train(subject.home, subject.tune, labels, steps, seed)
    adapted = train(subject.adapt, subject.tune, labels, steps, seed, home)
    alone = train(subject.adapt, subject.tune, labels, steps, seed)
    shares = np.bincount(subject.adapt.y, minlength=labels) / len(subject.adapt)
    answers = {"floor": np.tile(shares, (len(subject.test), 1))}
    readers = {"rival": Rival(subject, seed), "a": home, "p": alone, "b": adapted}
    answers |= {name: _calibrated(reader, subject, subject.test.x) for name, reader in readers.items()}
    known = _calibrated(adapted, subject, subject.trust.x)
    line = conformal_risk_line(known.max(axis=1), known.argmax(axis=1) == subject.trust.y, chosen.error_rate)
    sure, right = answers["b"].max(axis=1) >= line, answers["b"].argmax(axis=1) == subject.test.y
    n, confidence = len(subject.test), settings.confidence
    drawn = intervals.bootstrap(lambda pick: float(right[pick].mean()), n, "share", settings.resamples, seed, confidence)
    low, high = intervals.wilson(int(right.sum()), n, confidence)
    return Judged(
        subject=subject.name,
        rows={part: len(getattr(subject, part)) for part in ("home", "adapt", "tune", "trust", "test")},
        scores=metrics.score_table(answers, subject.test.y, "target", settings, seed),
        compared=compare.compare(answers, subject.test.y, PAIRS, settings, seed),
        answers=answers["b"],
        truth=subject.test.y,
        limit=chosen.error_rate,
        line=line,
        alone=intervals.share(int(sure.sum()), n, confidence),
        wrong=intervals.share(int((sure & ~right).sum()), n, confidence),
        rate=speed.throughput(adapted, subject.test.x).model_copy(update={"unit": "items per second"}),
        cores=torch.get_num_threads(),
        interval_widths=(drawn.high - drawn.low, high - low),
    )


def _calibrated(reader: Network | Rival, subject: Subject, x: np.ndarray) -> np.ndarray:
    """Return probabilities of `x` at the temperature that fits the rows to tune on."""
    logits = np.log(np.clip(reader.probabilities(subject.tune.x), 1e-12, 1))
    return metrics.softened(reader.probabilities(x), metrics.temperature(logits, subject.tune.y))


def figures(judged: Judged, money: Worth) -> dict[str, Quantity]:
    """Return the subject's headline figures, named after it."""
    found = {f"accuracy_{c}": judged.accuracy(c) for c in judged.scores["model"]}
    found |= {f"gain_{c.first}_over_{c.second}": c.difference for c in judged.compared}
    found |= {
        "alone": judged.alone,
        "wrong": judged.wrong,
        "items_per_second": judged.rate,
        "saving_per_thousand": money.saving,
    }
    return {f"{judged.subject}_{name}": quantity for name, quantity in found.items()}


_SUBJECTS = {"pictures": Message("Pictures"), "table": Message("The table")}


def finding(judged: Judged, money: Worth) -> Message:
    """Return what one subject came to, true whichever way it came out."""
    return Message(
        "{subject}: the adapted model has {b:percent} right, the home model as it is {a:percent}; {adapting} {rival} It may decide "
        "{alone:percent} alone, {wrong:percent1} of all answers then go wrong, and that {money}",
        subject=_SUBJECTS[judged.subject],
        b=judged.accuracy("b"),
        a=judged.accuracy("a"),
        adapting=_gained(judged.compared[0]),
        rival=_beaten(judged.compared[2]),
        alone=judged.alone,
        wrong=judged.wrong,
        money=_saved(money),
    )


def _gained(c: compare.Comparison) -> Message:
    if not c.is_real:
        return Message("a gain from adapting is not shown.")
    return Message("adapting gained.") if c.difference.mid > 0 else Message("adapting made it worse.")


def _beaten(c: compare.Comparison) -> Message:
    if not c.is_real:
        return Message("A lead over logistic regression is not shown.")
    return Message("It beats logistic regression.") if c.difference.mid > 0 else Message("Logistic regression does better.")


def _saved(money: Worth) -> Message:
    if money.saving.low > 0:
        return Message(
            "saves {saved:money} per 1,000 items ({low:money} to {high:money}).",
            saved=money.saving,
            low=money.saving.low,
            high=money.saving.high,
        )
    if money.saving.high < 0:
        return Message("costs {lost:money} more per 1,000 items than people.", lost=-money.saving.mid)
    return Message(
        "may save or cost: {low:money} to {high:money} per 1,000 items.", low=money.saving.low, high=money.saving.high
    )
