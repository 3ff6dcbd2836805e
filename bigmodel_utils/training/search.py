"""A search for better training settings on a budget of minutes: Optuna, pruned at the validation checks, resumable."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import Run, file_hash
from bigmodel_utils.training.finetune import FitResult, content_hash
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.trial import Lesson, trained

if TYPE_CHECKING:
    import optuna
    import pandas as pd

SEARCHED = ("learning_rate", "epochs", "frozen_layers", "weight_decay")
_RATE_FACTOR, _MOST_DECAY = 10, 0.1  # how far around the given settings the search goes


def search(run: Run, lesson: Lesson, given: FitResult, minutes: float) -> pd.DataFrame:
    """Return a row per trial: trial, state (given | finished | pruned), SEARCHED, checks, loss, accuracy, seconds.

    The first row is `given`, the lesson as it was trained. Judged by the lowest validation loss. Minutes already spent on
    the same search count; a trial under way when they end is pruned. Raises TrainingError without Optuna.
    """
    import pandas as pd

    rows = [{"trial": 0, "state": "given", **_settings(lesson), **_outcome(given)}]
    if minutes:
        study = _study(run, lesson, given)
        budget, spent = 60 * minutes, study.user_attrs.get("seconds", 0.0)
        began = time.monotonic() - spent
        while spent < budget:
            _try(study, run, lesson, began + budget)
            spent = time.monotonic() - began
            study.set_user_attr("seconds", spent)
        rows += [_row(trial) for trial in _ended(study)[1:]]
    return pd.DataFrame(rows)


def _study(run: Run, lesson: Lesson, given: FitResult) -> optuna.Study:
    """Return the study of this very lesson, begun with its given settings or taken up where it was left."""
    optuna = _optuna()
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=_fingerprint(run, lesson), storage=f"sqlite:///{run.checkpoints / 'search.sqlite'}", load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1),
    )  # fmt: skip
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)  # its process was killed
    if not study.trials:
        outcome = _outcome(given)
        study.add_trial(
            optuna.trial.create_trial(
                params=_settings(lesson), distributions=_space(lesson), value=outcome["loss"], user_attrs=outcome,
                intermediate_values=dict(enumerate(given.history["validation_loss"].dropna(), start=1)),
            )
        )  # fmt: skip
    study.sampler = optuna.samplers.TPESampler(seed=run.scenario.seed + len(study.trials), n_startup_trials=4)
    return study


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise TrainingError(
            "strategies.search_minutes without Optuna", "the extra `tune`, or 0 minutes", "pip install -e '.[tune]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _space(lesson: Lesson) -> dict[str, optuna.distributions.BaseDistribution]:
    """Return what may vary: rate and passes around the given ones, layers frozen up to all of the model's."""
    from optuna.distributions import FloatDistribution, IntDistribution

    given = lesson.settings
    layers = json.loads((lesson.start / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
    return {
        "learning_rate": FloatDistribution(given.learning_rate / _RATE_FACTOR, given.learning_rate * _RATE_FACTOR, log=True),
        "epochs": IntDistribution(1, 2 * given.epochs),
        "frozen_layers": IntDistribution(0, layers),
        "weight_decay": FloatDistribution(0.0, max(_MOST_DECAY, given.weight_decay)),
    }


def _try(study: optuna.Study, run: Run, lesson: Lesson, end: float) -> None:
    """Train with further settings and tell the study how it went."""
    from optuna import TrialPruned
    from optuna.trial import TrialState

    trial = study.ask(_space(lesson))
    tried = dataclasses.replace(lesson, settings=lesson.settings.model_copy(update={**trial.params, "processes": 1}))
    try:
        with trained(run, f"search_{trial.number}", tried, _judge(trial, end)) as result:
            outcome = _outcome(result)
    except TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except TrainingError:  # a loss that is no number: these settings are out, the search goes on
        study.tell(trial, state=TrialState.FAIL)
    else:
        for name, value in outcome.items():
            trial.set_user_attr(name, value)
        study.tell(trial, outcome["loss"])


def _judge(trial: optuna.Trial, end: float) -> Callable[[float], None]:
    """Return what is told each validation loss: gives up a trial worse than most at the same check, or out of time."""
    from optuna import TrialPruned

    told: list[float] = []

    def watch(loss: float) -> None:
        told.append(loss)
        trial.report(loss, len(told))
        if trial.should_prune() or time.monotonic() > end:
            raise TrialPruned

    return watch


def _settings(lesson: Lesson) -> dict[str, float]:
    return {name: getattr(lesson.settings, name) for name in SEARCHED}


def _outcome(result: FitResult) -> dict[str, float]:
    checks = result.history["validation_loss"].dropna()
    return {
        "checks": len(checks), "loss": float(checks.min()), "accuracy": result.validation_accuracy, "seconds": result.seconds
    }  # fmt: skip


def _ended(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Return the trials that came to an end, the given settings first; one whose loss was no number is left out."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _seconds(trial: optuna.trial.FrozenTrial) -> float:
    return trial.duration.total_seconds() if trial.duration else 0.0


def _row(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    """Return a trial as a row of the result; a pruned one knows its last check's loss and no accuracy."""
    finished = trial.state.name == "COMPLETE"
    outcome = {"checks": len(trial.intermediate_values), "loss": trial.value, "accuracy": float("nan")} | trial.user_attrs
    state = "finished" if finished else "pruned"
    return {"trial": trial.number, "state": state, **trial.params, **outcome, "seconds": _seconds(trial)}


def _fingerprint(run: Run, lesson: Lesson) -> str:
    """Return a hash of everything that the trials depend on: another search never takes over this one's."""
    rows = [part[["text", "label"]].to_json(orient="values") for part in (lesson.train, lesson.validation)]
    weights = [file_hash(file) for file in sorted(Path(lesson.start).glob("*.safetensors"))]
    choices = [lesson.settings.model_dump(mode="json"), lesson.seed, run.scenario.task.labels, run.scenario.model.max_tokens]
    return content_hash([choices, rows, weights])[:16]
