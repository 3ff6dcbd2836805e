"""Every model on the held-out rows of both markets: scores, paired comparisons, counts at the chosen threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import answers, compare, intervals, metrics, ranking
from bigmodel_utils.evaluation.answers import Answers
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DATA, MODELS, Scenario
from bigmodel_utils.training.rival import fit_rival
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

PAIRS = [("b", "a"), ("b", "p"), ("b", "rival"), ("b", "floor")]


@dataclass(frozen=True)
class Judgement:
    """`scores` and `predictions` (calibrated probabilities of the event, target test rows) as later notebooks read them.

    `probabilities`: calibrated, (target test rows, labels) by model. `calibration`: model, temperature, and ece and brier
    before and after. `areas`: as `ranking.areas` returns. `worst`: M_B's surest errors. `interval_widths`: of M_B's accuracy, by resampling and by Wilson's formula.
    """

    scenario: Scenario
    scores: pd.DataFrame
    compare: list[compare.Comparison]
    predictions: pd.DataFrame
    worst: pd.DataFrame
    answers: dict[str, Answers]
    probabilities: dict[str, np.ndarray]
    calibration: pd.DataFrame
    areas: pd.DataFrame
    figures: dict[str, Quantity]
    interval_widths: tuple[float, float]

    @property
    def is_event(self) -> np.ndarray:
        """Which target test rows are the event that the business acts on."""
        return self.predictions["label"].to_numpy() == self.scenario.task.labels.index(self.scenario.task.event)

    def counts(self, threshold: float) -> dict[str, metrics.Confusion]:
        """Return each model's counts on the target test rows when rows at or above `threshold` are flagged."""
        models = [name for name in self.predictions if name not in ("row", "label")]
        return {name: metrics.confusion(self.predictions[name].to_numpy(), self.is_event, threshold) for name in models}

    def tables(self, threshold: float) -> dict[str, pd.DataFrame]:
        """Return what later notebooks and readers of the run find by name; counts are those at `threshold`."""
        truth, labels = self.predictions["label"].to_numpy(), self.scenario.task.labels
        return {
            "scores": self.scores,
            "predictions": self.predictions,
            "compare": compare.as_table(self.compare),
            "calibration": self.calibration,
            "areas": self.areas,
            "labels": metrics.by_label(self.probabilities["b"], truth, labels, self.scenario.evaluation.confidence),
            "confusion": count_table(self.counts(threshold)),
            "vectors": answers.as_table(self.answers["a"].vectors),
        }

    @property
    def curves(self) -> dict[str, pd.DataFrame]:
        """Recall, false_alarm_rate and precision in live traffic at every threshold, by model."""
        return {
            name: ranking.curve(self.predictions[name].to_numpy(), self.is_event, self.live_share)
            for name in self.areas["model"]
        }

    @property
    def live_share(self) -> float:
        """Share of events assumed in live traffic; test rows hold another on purpose."""
        return self.scenario.assumption("complaint_share").mid

    @property
    def finding(self) -> Message:
        """What a director should remember, true whichever way it came out."""
        gain, start, *_ = self.compare
        return Message(
            "The adapted model reads {b:percent1} of the target market's texts right, the home model as it is {a:percent1}: "
            "{gain} {start}",
            b=self.figures["accuracy_target_b"],
            a=self.figures["accuracy_target_a"],
            gain=_gain(gain),
            start=_start(start),
        )


def judge(run: Run) -> Judgement:
    """Return how M_A, M_B and their rivals read the held-out rows; probabilities are calibrated on validation rows."""
    scenario, labels = run.scenario, len(run.scenario.task.labels)
    parts = ("source_test", "target_train", "target_validation", "target_test")
    tables = {part: run.table(DATA, part) for part in parts}
    train, validation = tables["target_train"], tables["target_validation"]
    rival = fit_rival(train, validation, scenario.target_market.language, labels, scenario.seed)
    abroad = [tables[part]["text"].tolist() for part in ("target_validation", "target_test")]
    shares = np.bincount(train["label"], minlength=labels) / len(train)
    found = {
        "floor": Answers(*(np.tile(shares, (len(texts), 1)) for texts in abroad)),
        "rival": Answers(*(rival.probabilities(texts) for texts in abroad)),
    }
    return _collected(scenario, found | answers.of_models(run, tables), tables)


def _collected(scenario: Scenario, found: dict[str, Answers], tables: dict[str, pd.DataFrame]) -> Judgement:
    import pandas as pd

    settings, seed = scenario.evaluation, scenario.seed
    test, home_truth = tables["target_test"], tables["source_test"]["label"].to_numpy()
    truth, event = test["label"].to_numpy(), scenario.task.labels.index(scenario.task.event)
    temperatures = {
        name: 1.0 if name == "floor" else each.temperature(tables["target_validation"]["label"].to_numpy())
        for name, each in found.items()
    }
    calibrated = {name: metrics.softened(each.abroad, temperatures[name]) for name, each in found.items()}
    at_home = {name: each.home for name, each in found.items() if each.home is not None}
    compared = compare.compare(calibrated, truth, PAIRS, settings, seed)
    events = {name: p[:, event] for name, p in calibrated.items() if name != "floor"}
    live = scenario.assumption("complaint_share").mid
    areas = ranking.areas(events, truth == event, live, settings, seed)
    scores = [
        metrics.score_table(answered, labels, market, settings, seed)
        for answered, labels, market in ((calibrated, truth, "target"), (at_home, home_truth, "source"))
    ]
    return Judgement(
        scenario=scenario,
        scores=pd.concat(scores, ignore_index=True),
        compare=compared,
        predictions=pd.DataFrame({"row": test["row"], "label": truth, **events}),
        worst=_worst(calibrated["b"], test),
        answers=found,
        probabilities=calibrated,
        calibration=_calibration(found, calibrated, temperatures, truth),
        areas=areas,
        figures=_figures(calibrated, at_home, truth, home_truth, compared, settings.confidence) | ranking.figures(areas),
        interval_widths=_widths(calibrated["b"].argmax(axis=1) == truth, settings.resamples, seed, settings.confidence),
    )


def _calibration(
    found: dict[str, Answers], after: dict[str, np.ndarray], temperatures: dict[str, float], truth: np.ndarray
) -> pd.DataFrame:
    """Return model, temperature, ece_before, ece_after, brier_before, brier_after on the target test rows."""
    import pandas as pd

    rows = []
    for name in (name for name in found if name != "floor"):
        row: dict[str, object] = {"model": name, "temperature": temperatures[name]}
        for when, given in (("before", found[name].abroad), ("after", after[name])):
            row[f"ece_{when}"] = metrics.expected_calibration_error(given, truth)
            row[f"brier_{when}"] = metrics.brier(given, truth)
        rows.append(row)
    return pd.DataFrame(rows)


def readers(run: Run) -> dict[str, Classifier]:
    """Return M_A and M_B of a run, ready to answer texts and to be asked why."""
    return {name: Classifier.load(run.path(MODELS, f"model_{name}"), exact=True) for name in ("a", "b")}


def count_table(counts: dict[str, metrics.Confusion]) -> pd.DataFrame:
    """Return model, true_positive, false_negative, false_positive, true_negative: a row per model."""
    import pandas as pd

    return pd.DataFrame([{"model": name, **vars(count)} for name, count in counts.items()])


def rates(counts: dict[str, metrics.Confusion], confidence: float) -> dict[str, Quantity]:
    """Return recall_<model> and false_alarm_rate_<model> with their intervals."""
    found = {f"recall_{name}": count.recall(confidence) for name, count in counts.items()}
    return found | {f"false_alarm_rate_{name}": count.false_alarm_rate(confidence) for name, count in counts.items()}


def _figures(
    answers: dict[str, np.ndarray],
    at_home: dict[str, np.ndarray],
    truth: np.ndarray,
    home_truth: np.ndarray,
    compared: list[compare.Comparison],
    confidence: float,
) -> dict[str, Quantity]:
    found = {f"accuracy_target_{name}": metrics.accuracy(p, truth, confidence) for name, p in answers.items()}
    found |= {f"accuracy_source_{name}": metrics.accuracy(p, home_truth, confidence) for name, p in at_home.items()}
    return found | {f"gain_{c.first}_over_{c.second}": c.difference for c in compared}


def _worst(probabilities: np.ndarray, test: pd.DataFrame, count: int = 8) -> pd.DataFrame:
    """Return text, label and the wrong label's probability of the surest errors."""
    guess = probabilities.argmax(axis=1)
    wrong = test.assign(probability=probabilities.max(axis=1))[guess != test["label"].to_numpy()]
    return wrong.nlargest(count, "probability")[["text", "label", "probability"]].reset_index(drop=True)


def _widths(right: np.ndarray, count: int, seed: int, confidence: float) -> tuple[float, float]:
    drawn = intervals.bootstrap(lambda pick: float(right[pick].mean()), len(right), "share", count, seed, confidence)
    low, high = intervals.wilson(int(right.sum()), len(right), confidence)
    return drawn.high - drawn.low, high - low


def _gain(c: compare.Comparison) -> Message:
    if not c.is_real:
        return Message("a gain is not shown.")
    if c.difference.mid > 0:
        return Message(
            "the gain of {points:number1} points is real (paired test, p {p}).", points=100 * c.difference.mid, p=_p(c.p_value)
        )
    return Message(
        "adapting made it worse, by {points:number1} points (paired test, p {p}).",
        points=-100 * c.difference.mid,
        p=_p(c.p_value),
    )


def _start(c: compare.Comparison) -> Message:
    if not c.is_real:
        return Message(
            "Starting from the home model is not shown to beat starting from the pretrained weights with the same labels."
        )
    if c.difference.mid > 0:
        return Message(
            "Starting from the home model paid: {points:number1} points over the pretrained weights.",
            points=100 * c.difference.mid,
        )
    return Message(
        "The pretrained weights alone do better with the same labels, by {points:number1} points.",
        points=-100 * c.difference.mid,
    )


def _p(value: float) -> Message:
    return Message("< 0.001") if value < 0.001 else Message("= {value:number3}", value=value)
