"""A training that is only looked at: its weights are gone once they have been judged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.artifacts import Run
from bigmodel_utils.choices import Training
from bigmodel_utils.training.finetune import FitResult
from bigmodel_utils.training.fit import fit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Lesson:
    """What to train, from where, on which rows (text, label), how, and under which seed."""

    start: Path
    train: pd.DataFrame
    validation: pd.DataFrame
    settings: Training
    seed: int


@contextmanager
def trained(run: Run, name: str, lesson: Lesson, watch: Callable[[float], None] | None = None) -> Iterator[FitResult]:
    """Yield the trained model of `lesson`, whose folder lasts as long as the block; raises as `fit`.

    A killed one goes on from its checkpoint, named `name`; one that is watched may be given up, and keeps none.
    """
    scenario = run.scenario.model_copy(update={"seed": lesson.seed})
    checkpoints = None if watch else run.checkpoints
    aside = run.checkpoints / "trials" / name
    shutil.rmtree(aside, ignore_errors=True)  # of one that was killed
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield fit(lesson.start, lesson.train, lesson.validation, scenario, lesson.settings, aside, checkpoints, watch)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
