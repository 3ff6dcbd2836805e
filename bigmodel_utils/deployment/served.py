"""From the menu to the model that is served: every variant measured, the chosen one installed and judged as money needs it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.artifacts import Run
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.deployment import frontier
from bigmodel_utils.deployment.menu import BASELINE
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.deployment.variants import Workshop
from bigmodel_utils.evaluation import intervals, metrics
from bigmodel_utils.scenario import DATA, EVALUATION, MODELS
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "served"
_LATENCY = "one text at a time, in process"


@dataclass(frozen=True)
class Examined:
    """`table`: as `frontier.table`. `machine`: device (cpu or a GPU's name), its name and cores, where all of it was measured.

    `left_out`: variants of the scenario that this model or machine cannot have, or has already under another name.
    """

    found: dict[str, frontier.Measured]
    table: pd.DataFrame
    machine: dict[str, Any]
    left_out: list[str]


@dataclass(frozen=True)
class Served:
    """The installed model: its figures, its counts on all test rows at the threshold in use, and how it answers one by one.

    `confusion` has one row, of model `b`: the form of M_B that is served. `accuracy_twice`: one plus the share of right
    answers to the same texts, alone and in batches; the one keeps their ratio finite.
    """

    name: str
    folder: Path
    figures: dict[str, Quantity]
    confusion: pd.DataFrame
    accuracy_twice: tuple[float, float]


def examine(run: Run) -> Examined:
    """Return every variant on offer, built in the stage's scratch folder and measured on the first test rows of the target market."""
    import torch

    from bigmodel_utils.training.device import choose

    scenario, workshop, device = run.scenario, Workshop(run, run.scratch), choose()
    cores = torch.get_num_threads()
    rows = run.table(DATA, "target_test").head(scenario.deployment.test_rows)
    made = {name: workshop.build(steps) for name, steps in workshop.offered().items()}
    requests, clocked = scenario.evaluation.latency_requests, cores if device.kind == "cpu" else 0
    found = frontier.measure(made, rows["text"].tolist(), requests, clocked)
    table = frontier.table(found, BASELINE, rows["label"].to_numpy(), scenario.evaluation, scenario.seed)
    return Examined(found, table, {"device": device.reported, "cores": cores, "name": device.name}, workshop.left_out)


def install(run: Run, examined: Examined, name: str) -> Served:
    """Put variant `name` into the run as its served folder, and judge it there on every test row."""
    out = run.new(FOLDER)
    shutil.copytree(examined.found[name].folder, out, dirs_exist_ok=True)
    folders.seal(out)
    runtime = Runtime.load(out)
    validation, test = (run.table(DATA, f"target_{part}") for part in ("validation", "test"))
    truth, confidence = test["label"].to_numpy(), run.scenario.evaluation.confidence
    first = examined.found[name].answers  # the same rows, already judged
    raw = np.concatenate([first, runtime.probabilities(test["text"].tolist()[len(first) :])])
    known = runtime.probabilities(validation["text"].tolist())
    softness = metrics.temperature(np.log(np.clip(known, 1e-12, 1)), validation["label"].to_numpy())
    counts = _confusion(run, metrics.softened(raw, softness), truth)
    figures = _figures(examined, name, intervals.share(int((raw.argmax(axis=1) == truth).sum()), len(truth), confidence))
    figures |= {"recall_served": counts.recall(confidence), "false_alarm_rate_served": counts.false_alarm_rate(confidence)}
    return Served(name, out, figures, _row(counts), _twice(examined.found[name], truth))


def size(run: Run) -> dict[str, Any]:
    """Return what the size of the run's M_B is told by: name, parameters, layers, hidden, vocabulary, architecture, sequence."""
    from transformers import AutoConfig

    folder = run.path(MODELS, "model_b")
    config = AutoConfig.from_pretrained(folder)
    return {
        "name": "M_B",
        "parameters": folders.parameters(folder),
        "layers": config.num_hidden_layers,
        "hidden": config.hidden_size,
        "vocabulary": config.vocab_size,
        "architecture": "encoder",
        "sequence": run.scenario.model.max_tokens,
    }


def _confusion(run: Run, calibrated: np.ndarray, truth: np.ndarray) -> metrics.Confusion:
    task = run.scenario.task
    event = task.labels.index(task.event)
    return metrics.confusion(calibrated[:, event], truth == event, run.json(EVALUATION, "machine")["threshold"])


def _row(counts: metrics.Confusion) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([{"model": "b", **vars(counts)}])


def _twice(measured: frontier.Measured, truth: np.ndarray) -> tuple[float, float]:
    sides = (measured.alone, measured.answers[: len(measured.alone)])
    alone, batched = (1 + float((side.argmax(axis=1) == truth[: len(side)]).mean()) for side in sides)
    return alone, batched


def _figures(examined: Examined, name: str, accuracy: Quantity) -> dict[str, Quantity]:
    row, one = examined.table.set_index("variant").loc[name], examined.found[name]

    def measured(value: float, unit: str, method: str, n: int) -> Quantity:
        return Quantity(mid=float(value), unit=unit, origin="measured", source=examined.machine["name"], n=n, method=method)

    waits, answered, parts = len(one.seconds), len(one.answers), len(one.rates)
    return {
        "served_accuracy": accuracy,
        "served_size_mb": Quantity(
            mid=float(row["size_mb"]), unit="MB", origin="measured", source="files of the served folder"
        ),
        "served_latency_p50_ms": measured(row["latency_p50_ms"], "ms", _LATENCY, waits),
        "served_latency_p95_ms": measured(row["latency_p95_ms"], "ms", _LATENCY, waits),
        "served_texts_per_second": measured(row["rate"], "texts/s", f"every core at work, fastest of {parts} parts", answered),
        "speedup_over_fp32": measured(row["speedup"], "times", "texts per second over those of float32", answered),
        "size_of_fp32_mb": measured(examined.table.set_index("variant").loc[BASELINE, "size_mb"], "MB", "files of M_B", 1),
    }
