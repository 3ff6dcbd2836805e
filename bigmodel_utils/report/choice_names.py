"""What the reader calls each choice of a scenario, and how a value of it is written: `training.epochs = 2` in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names
from bigmodel_utils.report.names import assumption

SCENARIO = "scenario"
_CHOICES = {
    SCENARIO: Message("scenario"),
    "seed": Message("seed of chance"),
    "title": Message("title"),
    "question": Message("question"),
    "chain": Message("notebooks"),
    "illustrative": Message("numbers for illustration only"),
    "accept_licence": Message("licences for research accepted"),
    "correlations": Message("assumptions that move together"),
    "task.kind": Message("what carries a label"),
    "task.labels": Message("labels"),
    "task.event": Message("label that is acted on"),
    "task.item": Message("what is read"),
    "task.customer": Message("who pays"),
    "task.case": Message("what an item of the event is called"),
    "model.weights": Message("pretrained weights"),
    "model.max_tokens": Message("longest text, tokens"),
    "evaluation.confidence": Message("confidence of intervals"),
    "evaluation.resamples": Message("draws behind an interval"),
    "evaluation.latency_requests": Message("requests timed"),
    "strategies.tried": Message("other ways tried"),
    "strategies.few": Message("smaller numbers of labels tried"),
    "strategies.seeds": Message("repeats of each way"),
    "strategies.adapter_rank": Message("rank of the adapters tried"),
    "strategies.adapter_learning_rate": Message("learning rate of the adapters tried"),
    "strategies.anchor": Message("pull towards the home model, where tried"),
    "strategies.search_minutes": Message("minutes of hyper-parameter search"),
    "strategies.folds": Message("folds of cross-validation"),
    "deployment.most_points_lost": Message("accuracy that may be given up for speed, points"),
    "deployment.latency_p95_ms": Message("longest wait of 95 in 100, milliseconds"),
    "deployment.test_rows": Message("rows that compare smaller forms"),
    "deployment.variants": Message("smaller forms tried"),
    "deployment.distillation_epochs": Message("passes of distillation"),
    "deployment.load_seconds": Message("seconds of load at each rate"),
    "trust.area": Message("where answers are used"),
    "trust.epsilons": Message("privacy budgets tried (epsilon)"),
    "trust.delta": Message("chance that the privacy promise fails (delta)"),
    "trust.budget": Message("privacy budget in all (epsilon)"),
    "trust.holders": Message("holders of the rows"),
    "trust.rounds": Message("rounds of sharing weights"),
    "trust.seeds": Message("repeats of the privacy trials"),
    "trust.retention_days": Message("days that rows of people are kept"),
    "compute.cpu": Message("priced machine without a GPU"),
    "compute.gpu": Message("priced machine with a GPU"),
    "decision.go_at": Message("go from this chance of gain"),
    "decision.stop_at": Message("stop below this chance of gain"),
    "decision.draws": Message("futures drawn"),
    "decision.horizon_years": Message("years counted"),
}
_PARTS = {
    "source_market": Message("home market"),
    "target_market": Message("target market"),
    "training": Message("training at home"),
    "adaptation": Message("adaptation"),
    "application": Message("application"),
}  # what stands in more than one part of a scenario is told with its part
_SHARED = {
    "country": Message("country"),
    "language": Message("language"),
    "data.origin": Message("data"),
    "data.label_map": Message("meaning of the labels"),
    "data.hub_split": Message("part of the data set"),
    "data.max_rows": Message("most rows read"),
    "split.train": Message("labels to learn from"),
    "split.validation": Message("labels to stop on"),
    "split.test": Message("rows to be judged on"),
    "split.augment": Message("scarce labels filled up"),
    "learning_rate": Message("learning rate"),
    "batch_size": Message("texts per step"),
    "epochs": Message("passes over the texts"),
    "weight_decay": Message("weight decay"),
    "warmup_share": Message("share of steps that warm up"),
    "patience": Message("checks without gain before it stops"),
    "checks_per_epoch": Message("checks per pass"),
    "train_embeddings": Message("word vectors learn too"),
    "frozen_layers": Message("layers kept as they are"),
    "label_smoothing": Message("label smoothing"),
    "balance_labels": Message("rare labels weigh as much"),
    "anchor": Message("pull towards the first weights"),
    "adapter_rank": Message("rank of the adapter"),
    "dropout": Message("dropout"),
    "processes": Message("processes side by side"),
    "sharding": Message("weights divided among processes"),
    "weights": Message("weights"),
    "error_rate": Message("errors allowed"),
    "rows": Message("labels to learn from"),
    "checked_rows": Message("labels to check on"),
    "test_rows": Message("rows to be judged on"),
    "top": Message("proposals in a list"),
    "topics": Message("topics"),
    "steps": Message("steps of training"),
}
_SHARES = ("confidence", "go_at", "stop_at", "warmup_share", "error_rate")
_ENDS = {
    "low": Message("low end"),
    "high": Message("high end"),
    "unit": Message("unit"),
    "source": Message("source"),
    "as_of": Message("as of"),
    "shape": Message("shape"),
}
_PLACES = {"percent": 2, "percent1": 3, "integer": 0, "number2": 2, "number4": 4}  # decimals of a value that each spec shows
_NOT_SET = Message("not set")
_YES_NO = {True: Message("yes"), False: Message("no")}


def choice(key: str) -> Message:
    """Return the reader's name of a scenario's key such as `training.epochs`; a rare one is its key in words."""
    if key in _CHOICES:
        return _CHOICES[key]
    part, _, rest = key.partition(".")
    if part == "assumptions":
        return _assumed(rest)
    if part in _PARTS:
        return Message("{what} ({part})", what=_SHARED.get(rest) or _in_words(rest), part=_PARTS[part])
    return _in_words(key)


def _assumed(rest: str) -> Message:
    name, _, end = rest.partition(".")
    what = assumption(name)
    return Message("{what} ({end})", what=what, end=_ENDS[end]) if end in _ENDS else what


def _in_words(key: str) -> Message:
    return Message("{name}", name=key.replace("_", " ").replace(".", ", "))


def value(key: str, given: Any, units: Mapping[str, str]) -> Message:
    """Return a value of a choice as it is said, two different ones never alike. units: those of assumptions by name."""
    if isinstance(given, bool):
        return _YES_NO[given]
    if given is None:
        return _NOT_SET
    if isinstance(given, (list, tuple)):
        return _joined([value(key, one, units) for one in given])
    if not isinstance(given, (int, float)):
        return Message("{text}", text=str(given).removeprefix("packaged:"))
    part, _, rest = key.partition(".")
    if part == "assumptions":
        return _amount(given, units.get(rest.partition(".")[0], ""))
    return _amount(given, "share" if key.rpartition(".")[2] in _SHARES else "")


def _joined(parts: list[Message]) -> Message:
    told = parts.pop(0) if parts else Message("none")
    for part in parts:
        told = Message("{first}, {second}", first=told, second=part)
    return told


def _amount(given: float, unit: str) -> Message:
    """Return a number the reader's way where that hides no digit of it, else in full."""
    if unit and _shown_whole(given, names.spec_for(unit, given)):
        return names.written(given, unit)
    if isinstance(given, int) or float(given).is_integer():
        number = Message("{count:integer}", count=given)
    else:
        number = Message("{text}", text=np.format_float_positional(given, trim="-"))
    return Message("{value} {unit}", value=number, unit=names.unit(unit)) if unit else number


def _shown_whole(given: float, spec: str) -> bool:
    if spec in ("money", "compact") and abs(given) >= 1_000:
        return float(f"{given:.3g}") == given
    places = (0 if abs(given) >= 100 else 2) if spec == "money" else _PLACES[spec]
    return round(given, places) == given
