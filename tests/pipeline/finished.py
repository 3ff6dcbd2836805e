"""Finished runs of two stages, made as notebooks make them, for tests of what is kept about runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from bigmodel_utils import notebook, paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import history, manifest, reuse, runner
from bigmodel_utils.units import Quantity

STAGES = ("01_prepare_data", "02_train_model")


def accuracy(mid: float, half: float = 0.01) -> Quantity:
    return Quantity(mid=mid, low=mid - half, high=mid + half, unit="share", origin="measured", source="test rows", n=80)


def made(accuracy_b: float = 0.8, **overrides: object) -> Run:
    """Finish both stages of a small chain and return the run; its notebooks carry a duration of 2.5 s."""
    chosen = {"chain": list(STAGES)} | overrides
    rows = Quantity(mid=3, unit="rows", origin="measured", source="test", n=3)
    notebook.start(STAGES[0], "smoke", chosen).save({"rows": rows}, numbers=pd.DataFrame({"value": [1]}))
    page = notebook.start(STAGES[1], "smoke", chosen)
    page.run.table(STAGES[0], "numbers")
    assert page.scenario.training.epochs
    page.save({"accuracy_target_b": accuracy(accuracy_b)})
    run = Run(page.scenario)
    for stage in STAGES:
        path = reuse.executed(run, stage)
        path.parent.mkdir(exist_ok=True)
        shutil.copy(paths.notebooks() / f"{stage}.ipynb", path)
        content = nbformat.read(path, as_version=4)
        content.metadata["papermill"] = {"duration": 2.5, "end_time": "2026-11-22T06:47:42.145595+00:00"}
        path.write_text(json.dumps(content), encoding="utf-8")
    return run


def recorded(run: Run) -> dict[str, Any]:
    """Write the run down as the newest of its scenario, without drawing its pages, and return its manifest."""
    folder = paths.reports() / run.scenario.name
    folder.mkdir(parents=True, exist_ok=True)
    return history.record(run, folder, manifest.content(run), newest=True)


def shown(run: Run) -> Path:
    """Render the run as its scenario's report and return the folder."""
    return runner._rendered(run, paths.reports() / run.scenario.name, True)
