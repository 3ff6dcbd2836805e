"""Surges of known size, planted into replayed days of the market's own labelled texts: who finds them, and how soon?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bigmodel_utils.application_choices import SentimentMonitor
from bigmodel_utils.applications import surge
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.evaluation import compare, intervals
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.rival import fit_rival
from bigmodel_utils.units import Quantity

READERS = ("truth", "b", "rival", "day")  # labels, M_B, word counts, and M_B with each day for itself
_HOME_ROWS = 300


class MonitorError(BigModelError):
    """A stream that cannot be watched as it stands."""


def choices(scenario: Scenario) -> SentimentMonitor:
    """Return the application's choices; raises MonitorError when the scenario is of another application."""
    if not isinstance(scenario.application, SentimentMonitor):
        kind = scenario.application.kind if scenario.application else "none"
        raise MonitorError(
            f"application '{kind}'", "kind: sentiment_monitor", f"application in data/scenarios/{scenario.name}.yml"
        )
    return scenario.application


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return how strongly each text speaks for the event, on a scale on which texts add up."""
    inside = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


@dataclass(frozen=True)
class Replay:
    """Surges of known size, planted into days of the target market's own labelled texts. Arrays are (plantings,)."""

    caught: dict[tuple[str, float], surge.Caught]  # by reader and size of the surge
    compared: dict[float, list[compare.Comparison]]  # found or not, M_B against the others
    sizes: tuple[float, ...]
    usual: float
    recall: Quantity  # of M_B's label on the event
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


def replay(run: Run, model: Classifier) -> Replay:
    """Return what each reader finds of the same planted surges; all alarm as often on quiet days of their own."""
    scenario, chosen = run.scenario, choices(run.scenario)
    labels, settings, seed = scenario.task.labels, scenario.evaluation, scenario.seed
    test, train, held = (run.table("01_prepare_data", f"target_{part}") for part in ("test", "train", "validation"))
    test = test.head(chosen.rows)
    place = labels.index(scenario.task.event)
    event = (test["label"] == place).to_numpy()
    rival = fit_rival(train, held, scenario.target_market.language, len(labels), seed)
    chance = model.probabilities(test["text"].tolist())[:, place]
    counted = rival.probabilities(test["text"].tolist())[:, place]
    scores = {"truth": event.astype(float), "b": log_odds(chance), "rival": log_odds(counted)}
    usual, sizes = scenario.assumption("complaint_share").mid, chosen.surges
    watches = {name: _taught(scores[_scored_by(name)], event, usual, name, scenario) for name in READERS}
    caught = {}
    for size in sizes:
        rows = surge.replayed(
            event, surge.surging(usual, size, chosen.within_days), chosen.messages_per_day, chosen.plantings, seed
        )
        caught |= {
            (name, size): surge.watched(watch, surge.as_days(scores[_scored_by(name)][rows])) for name, watch in watches.items()
        }
    compared = {size: _compared({name: caught[name, size].found for name in READERS}, scenario) for size in sizes}
    home = run.table("01_prepare_data", "source_test").head(_HOME_ROWS)
    right = model.probabilities(home["text"].tolist()).argmax(axis=1) == home["label"].to_numpy()
    recall = intervals.share(int((chance[event] >= 0.5).sum()), int(event.sum()), settings.confidence)
    return Replay(caught, compared, sizes, usual, recall, intervals.share(int(right.sum()), len(right), settings.confidence))


def _scored_by(reader: str) -> str:
    return "b" if reader == "day" else reader


def _compared(found: dict[str, np.ndarray], scenario: Scenario) -> list[compare.Comparison]:
    return [compare.paired("b", other, found, scenario.evaluation, scenario.seed) for other in ("rival", "day", "truth")]


def _taught(scores: np.ndarray, event: np.ndarray, usual: float, reader: str, scenario: Scenario) -> surge.Watch:
    """Return a watch that saw a year of ordinary days, through this reader's eyes."""
    chosen = choices(scenario)
    rows = surge.replayed(event, np.full(surge.YEAR, usual), chosen.messages_per_day, 1, scenario.seed + 1)[0]
    seen = scores[rows]
    return surge.learn(
        surge.as_days(seen), seen.ravel(), "day" if reader == "day" else "sum", chosen.false_alarms_per_year, scenario.seed
    )
