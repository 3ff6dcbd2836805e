"""How much of a help desk's work an assistant may do alone: measured on unseen rows, held to a rate of errors, in money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.application_choices import SupportAssistant
from bigmodel_utils.applications import inputs
from bigmodel_utils.applications.delegation import Worth, learn_then_test_line
from bigmodel_utils.applications.support_assistant import Assistant, head, margin
from bigmodel_utils.evaluation import compare, intervals, speed
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.rival import features
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
PAIRS = {
    "home_routing": [("a", "rival"), ("a", "floor")],
    "target_routing": [("b", "a"), ("b", "p"), ("b", "rival"), ("b", "floor")],
    "answering": [("b", "rival"), ("a", "rival"), ("b", "a")],
}
SERVED = {"home_routing": "a", "target_routing": "b", "answering": "b"}  # the model that does each job
_SPEED_TEXTS = 64
Arms = dict[str, tuple[np.ndarray, np.ndarray]]  # model -> (sure, right) by row


@dataclass(frozen=True)
class Resolved:
    """A job of the desk on unseen rows: `sure`, `right` by row; `alone`, `wrong`: shares of all rows; `line`: of trust."""

    subject: str
    sure: np.ndarray
    right: np.ndarray
    by_itself: np.ndarray
    line: float
    limit: float
    alone: Quantity
    wrong: Quantity
    wrong_of_alone: Quantity | None
    rate: Quantity
    cores: int


def resolve(
    subject: str, sure: np.ndarray, right: np.ndarray, scenario: Scenario, rate: Quantity, line: float | None = None
) -> Resolved:
    """Return what may be done alone. The line for each fifth of the rows is set on the others, unless `line` is given."""
    import torch

    limit, confidence = inputs.chosen(scenario, SupportAssistant).error_rate, scenario.evaluation.confidence
    folds = np.random.default_rng(scenario.seed).permutation(len(sure)) % FOLDS
    lines = [learn_then_test_line(sure[folds != fold], right[folds != fold], limit, confidence) for fold in range(FOLDS)]
    by_itself = sure >= (np.array(lines)[folds] if line is None else line)
    wrong, n = int((by_itself & ~right).sum()), len(sure)
    return Resolved(
        subject=subject, sure=sure, right=right, by_itself=by_itself, limit=limit, rate=rate, cores=torch.get_num_threads(),
        line=learn_then_test_line(sure, right, limit, confidence) if line is None else line,
        alone=intervals.share(int(by_itself.sum()), n, confidence),
        wrong=intervals.share(wrong, n, confidence),
        wrong_of_alone=intervals.share(wrong, int(by_itself.sum()), confidence) if by_itself.any() else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Everything measured: shares right by market and model, paired comparisons, and what each job may do alone."""

    scores: pd.DataFrame  # job, model, accuracy, low, high, n
    compared: dict[str, list[compare.Comparison]]
    jobs: dict[str, Resolved]
    abroad: Resolved  # the target market with the line that was set at home: no label of the target market at all
    interval_widths: tuple[float, float]


def judge(assistant: Assistant) -> Judged:
    """Return how well messages are routed in both markets and answered at home, and how much may be done alone."""
    scenario, settings = assistant.scenario, assistant.scenario.evaluation
    texts = assistant.desk.target["question"].tolist()[:_SPEED_TEXTS]
    rate = speed.throughput(assistant, texts, rounds=3).model_copy(update={"unit": "items per second"})
    read = {"home_routing": _home(assistant), "target_routing": _target(assistant), "answering": _answering(assistant)}
    right = {job: {model: hit for model, (_, hit) in arms.items()} for job, arms in read.items()}
    compared = {
        job: [compare.paired(*pair, right[job], settings, scenario.seed) for pair in pairs] for job, pairs in PAIRS.items()
    }
    jobs = {job: resolve(job, *read[job][model], scenario, rate) for job, model in SERVED.items()}
    assistant.lines = {job: found.line for job, found in jobs.items()}
    abroad = resolve("target_routing", *read["target_routing"]["a"], scenario, rate, jobs["home_routing"].line)
    hit = right["target_routing"]["b"]
    drawn = intervals.bootstrap(
        lambda rows: float(hit[rows].mean()), len(hit), "share", settings.resamples, scenario.seed, settings.confidence
    )
    low, high = intervals.wilson(int(hit.sum()), len(hit), settings.confidence)
    return Judged(_scores(right, settings.confidence), compared, jobs, abroad, (drawn.high - drawn.low, high - low))


def _out_of_fold(
    assistant: Assistant, market: str, x: np.ndarray, fit: Callable[[np.ndarray], Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return confidence and correctness of every row of `x`, asked of a model that `fit` made of rows of other folds."""
    from sklearn.model_selection import StratifiedKFold

    y, folds = assistant.intents[market], StratifiedKFold(FOLDS, shuffle=True, random_state=assistant.scenario.seed)
    sure, right = np.zeros(len(y)), np.zeros(len(y), dtype=bool)
    for known, asked in folds.split(y, y):
        model = fit(known)
        chances = model.predict_proba(x[asked])
        sure[asked], right[asked] = chances.max(axis=1), model.classes_[chances.argmax(axis=1)] == y[asked]
    return sure, right


def _home(assistant: Assistant) -> Arms:
    """Return arms of the home market: a head on vectors (a), word counts, the commonest intent."""
    language = assistant.scenario.source_market.language
    return {
        "a": _learned(assistant, "home", None),
        "rival": _words(assistant, "home", language),
        "floor": _commonest(assistant, "home"),
    }


def _target(assistant: Assistant) -> Arms:
    """Return arms abroad: the home head as it is (a), one taught by both markets (b), by this one alone (p), and the simple ones."""
    seed, vectors, intents = assistant.scenario.seed, assistant.vectors, assistant.intents
    home = head(vectors["home"], intents["home"], seed).predict_proba(vectors["target"])
    zero_shot = home.max(axis=1), np.unique(intents["home"])[home.argmax(axis=1)] == intents["target"]
    language = assistant.scenario.target_market.language
    return {
        "a": zero_shot,
        "b": _learned(assistant, "target", "home"),
        "p": _learned(assistant, "target", None),
        "rival": _words(assistant, "target", language),
        "floor": _commonest(assistant, "target"),
    }


def _learned(assistant: Assistant, market: str, beside: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Return confidence and correctness by row of heads that never saw the row; `beside` is another market to learn from."""
    x, y = assistant.vectors[market], assistant.intents[market]
    more_x, more_y = (assistant.vectors[beside], assistant.intents[beside]) if beside else (x[:0], y[:0])

    def fit(known: np.ndarray) -> Any:
        return head(np.concatenate([x[known], more_x]), np.concatenate([y[known], more_y]), assistant.scenario.seed)

    return _out_of_fold(assistant, market, x, fit)


def _words(assistant: Assistant, market: str, language: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the same of the simple rival: word and character counts."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    one = LogisticRegression(C=30.0, solver="liblinear", dual=True, max_iter=5000, random_state=assistant.scenario.seed)
    texts, y = getattr(assistant.desk, market)["question"].to_numpy(dtype=object), assistant.intents[market]

    def fit(known: np.ndarray) -> Any:
        return make_pipeline(features(language), OneVsRestClassifier(one)).fit(texts[known], y[known])

    return _out_of_fold(assistant, market, texts, fit)


def _commonest(assistant: Assistant, market: str) -> tuple[np.ndarray, np.ndarray]:
    names, counts = np.unique(assistant.intents[market], return_counts=True)
    return np.full(counts.sum(), counts.max() / counts.sum()), assistant.intents[market] == names[counts.argmax()]


def _answering(assistant: Assistant) -> Arms:
    """Return arms of answering: by meaning alone (a), meaning and words (b), words alone. Right is the answer that belongs."""
    index, texts = assistant.index, assistant.desk.known["question"].tolist()
    meaning, words = index.by_meaning(assistant.asked), index.by_words(texts)
    own = np.arange(len(texts))
    arms = {"a": meaning, "b": meaning + index.word_weight * words, "rival": words}
    return {model: (margin(scores), scores.argmax(axis=1) == own) for model, scores in arms.items()}


def _scores(right: Mapping[str, Mapping[str, np.ndarray]], confidence: float) -> pd.DataFrame:
    """Return job, model, accuracy, low, high, n."""
    import pandas as pd

    rows = []
    for job, arms in right.items():
        for model, hit in arms.items():
            share = intervals.share(int(hit.sum()), len(hit), confidence)
            rows.append(
                {"job": job, "model": model, "accuracy": share.mid, "low": share.low, "high": share.high, "n": len(hit)}
            )
    return pd.DataFrame(rows)


def figures(judged: Judged, money: Mapping[str, Worth]) -> dict[str, Quantity]:
    """Return the headline figures, named after their job."""
    found: dict[str, Quantity] = {}
    for job, done in judged.jobs.items():
        found |= {f"{job}_alone": done.alone, f"{job}_wrong": done.wrong, f"{job}_saving_per_thousand": money[job].saving}
        found |= {f"{job}_gain_{c.first}_over_{c.second}": c.difference for c in judged.compared[job]}
    return found | {"messages_per_second": judged.jobs["target_routing"].rate}


def finding(judged: Judged, money: Mapping[str, Worth]) -> Message:
    """Return what the page came to, true whichever way it came out."""
    jobs = judged.jobs
    return Message(
        "Of what the assistant does alone, {limit:percent} may be wrong. Then {home:percent} of messages at home and {target:percent} abroad "
        "({low:percent} to {high:percent}) reach their desk without a person, and {answers:percent} of questions at home are answered. "
        "{lead} {carried} Per 1,000 conversations, sending on saves {home_money:money} at home and {target_money:money} abroad, answering "
        "{answers_money:money}.",
        limit=jobs["answering"].limit, home=jobs["home_routing"].alone, target=(abroad := jobs["target_routing"].alone),
        low=abroad.low, high=abroad.high, answers=jobs["answering"].alone, lead=_lead(judged), carried=_carried(judged.abroad),
        home_money=money["home_routing"].saving, target_money=money["target_routing"].saving, answers_money=money["answering"].saving,
    )  # fmt: skip


def _lead(judged: Judged) -> Message:
    rivals = {job: next(c for c in found if c.second == "rival") for job, found in judged.compared.items()}
    won = sum(c.is_real and c.difference.mid > 0 for c in rivals.values())
    return Message("It beats counts of words in {won} of {all} jobs.", won=won, all=len(rivals))


def _carried(abroad: Resolved) -> Message:
    """Return whether the line of trust that was set at home held abroad."""
    share = abroad.wrong_of_alone
    if share is None:
        return Message("The line of trust set at home lets nothing through abroad.")
    if share.low > abroad.limit:
        return Message("The line of trust set at home does not hold abroad: {share:percent} go wrong.", share=share)
    return Message("With the line of trust set at home, {share:percent} go wrong abroad.", share=share)
