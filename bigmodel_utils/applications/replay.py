"""Surges of known size, planted into replayed days of the market's own labelled texts: who finds them, and how soon?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bigmodel_utils.application_choices import SentimentMonitor
from bigmodel_utils.applications import inputs, surge
from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import compare, intervals, metrics
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA, Scenario
from bigmodel_utils.training.rival import Rival, fit_rival
from bigmodel_utils.units import Quantity

_HOME_ROWS = 300


@dataclass(frozen=True)
class Listener:
    """A reader that says how strongly a text speaks for the event: its calibrated chance of it on an ordinary day.

    For a small rise of the event's share no other score of a text finds it sooner (score test, Rao 1948).
    """

    model: Classifier | Rival
    event: int  # place of the event among the labels
    temperature: float
    tilt: float  # odds of the event on an ordinary day over its odds in the labelled rows

    def scores(self, texts: list[str]) -> np.ndarray:
        """Return the chance of the event of each text, (texts,)."""
        chance = metrics.softened(self.model.probabilities(texts), self.temperature)[:, self.event]
        tilted = chance * self.tilt
        return tilted / np.maximum(tilted + 1 - chance, 1e-12)


def listener(run: Run, model: Classifier | Rival) -> Listener:
    """Return `model` calibrated on the target market's validation rows, which it did not learn from."""
    held = run.table(DATA, "target_validation")
    labels = held["label"].to_numpy()
    place = run.scenario.task.labels.index(run.scenario.task.event)
    logits = np.log(np.clip(model.probabilities(held["text"].tolist()), 1e-12, 1))
    usual, share = run.scenario.assumption("complaint_share").mid, float((labels == place).mean())
    tilt = usual / (1 - usual) * (1 - share) / share
    return Listener(model, place, metrics.temperature(logits, labels), tilt)


@dataclass(frozen=True)
class Replay:
    """Surges of known size, planted into days of the target market's own labelled texts.

    Readers: `truth` knows the labels, `b` is M_B, `rival` counts words, `day` is M_B with each day for itself.
    """

    caught: dict[tuple[str, float], surge.Caught]  # by reader and size of the surge
    compared: dict[float, list[compare.Comparison]]  # found or not, M_B against the others
    sizes: tuple[float, ...]
    usual: float
    home: Quantity  # M_B's share right on the home market's unseen texts

    def found(self, reader: str, size: float, confidence: float) -> Quantity:
        """Share of surges found while they last."""
        hits = self.caught[reader, size].found
        return intervals.share(int(hits.sum()), len(hits), confidence)

    def delay(self, reader: str, size: float) -> float | None:
        """Median day of the alarm, the first day of the surge is 1; None when fewer than half of the surges are found."""
        days = np.where(self.caught[reader, size].found, self.caught[reader, size].delay + 1, np.inf)
        middle = float(np.median(days))
        return middle if np.isfinite(middle) else None

    def precision(self, reader: str, size: float, confidence: float) -> Quantity | None:
        """Share of alarms that belong to a surge, where one follows on four quiet weeks each."""
        true, false = int(self.caught[reader, size].found.sum()), int(self.caught[reader, size].false.sum())
        return intervals.share(true, true + false, confidence) if true + false else None


def replay(run: Run, heard: Listener) -> Replay:
    """Return what each reader finds of the same planted surges; all alarm as often on quiet days of their own.

    heard: M_B.
    """
    scenario, chosen = run.scenario, inputs.chosen(run.scenario, SentimentMonitor)
    test, train, held = (run.table(DATA, f"target_{part}") for part in ("test", "train", "validation"))
    test = test.head(chosen.rows)
    texts, event = test["text"].tolist(), (test["label"] == heard.event).to_numpy()
    counts = fit_rival(train, held, scenario.target_market.language, len(scenario.task.labels), scenario.seed)
    scores = {"truth": event.astype(float), "b": heard.scores(texts), "rival": listener(run, counts).scores(texts)}
    scores["day"] = scores["b"]
    usual = scenario.assumption("complaint_share").mid
    watches = {name: _taught(seen, event, usual, name, scenario) for name, seen in scores.items()}
    caught = {}
    for size in chosen.surges:
        days = surge.surging(usual, size, chosen.within_days)
        rows = surge.replayed(event, days, chosen.messages_per_day, chosen.plantings, scenario.seed)
        caught |= {(name, size): surge.watched(watches[name], surge.as_days(seen[rows])) for name, seen in scores.items()}
    compared = {size: _compared({name: caught[name, size].found for name in scores}, scenario) for size in chosen.surges}
    return Replay(caught, compared, chosen.surges, usual, _at_home(run, heard))


def _at_home(run: Run, heard: Listener) -> Quantity:
    """Return the share of the home market's unseen texts that M_B has right: whether it still reads that language."""
    home = run.table(DATA, "source_test").head(_HOME_ROWS)
    right = heard.model.probabilities(home["text"].tolist()).argmax(axis=1) == home["label"].to_numpy()
    return intervals.share(int(right.sum()), len(right), run.scenario.evaluation.confidence)


def _compared(found: dict[str, np.ndarray], scenario: Scenario) -> list[compare.Comparison]:
    return [compare.paired("b", other, found, scenario.evaluation, scenario.seed) for other in ("rival", "day", "truth")]


def _taught(scores: np.ndarray, event: np.ndarray, usual: float, reader: str, scenario: Scenario) -> surge.Watch:
    """Return a watch that saw a year of ordinary days, through this reader's eyes."""
    chosen = inputs.chosen(scenario, SentimentMonitor)
    rows = surge.replayed(event, np.full(surge.YEAR, usual), chosen.messages_per_day, 1, scenario.seed + 1)[0]
    seen = scores[rows]
    return surge.learn(
        surge.as_days(seen), seen.ravel(), "day" if reader == "day" else "sum", chosen.false_alarms_per_year, scenario.seed
    )
