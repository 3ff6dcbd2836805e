"""One command from a scenario to its reports."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bigmodel_utils import paths, scenario
from bigmodel_utils.artifacts import STAGES, ArtifactError, Run
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.pipeline.execution import CellFailed, execute
from bigmodel_utils.pipeline.progress import Progress

DEVICES = ("auto", "cpu", "cuda")
FREE_BYTES = 3 * 2**30


class RunFailed(Exception):
    """A notebook stopped; earlier reports stand as they were. `refusal` holds the three parts if the cell gave them."""

    def __init__(self, failure: CellFailed, kept: Path) -> None:
        super().__init__(str(failure))
        self.failure, self.kept = failure, kept

    @property
    def refused(self) -> bool:
        """True when the cell refused its input rather than broke."""
        return self.failure.text.startswith("given:")


def run_chain(
    name: str,
    overrides: Mapping[str, Any] | None = None,
    device: str = "auto",
    first: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Execute the notebooks of scenario `name` in order and return the folder of its rendered reports.

    `first` skips the stages before it ("03" or "03_evaluate_model"); they must have finished earlier.
    Raises BigModelError on bad input, before anything runs, and RunFailed when a cell stops.
    """
    from bigmodel_utils.report import site

    overrides = json.loads(json.dumps(overrides or {}, default=str))
    chosen = scenario.load(name, overrides)
    stages = stages_from(first)
    run = Run(chosen)
    _ready(run, stages, device)
    parameters = {"scenario": _as_seen_from_notebooks(name), "overrides": overrides}
    with Progress() if progress is None else progress as shown:
        for stage in stages:
            _step(run, stage, parameters, shown)
    return site.render(run, {stage: executed(run, stage) for stage in STAGES})


def executed(run: Run, stage: str) -> Path:
    """Path of the executed copy of a stage's notebook."""
    return run.folder / "notebooks" / f"{stage}.ipynb"


def stages_from(first: str | None) -> tuple[str, ...]:
    """Return the stages from `first` on; a number such as "03" is enough."""
    if first is None:
        return STAGES
    matches = [i for i, stage in enumerate(STAGES) if stage == first or stage.split("_")[0] == first.zfill(2)]
    if not matches:
        raise BigModelError(
            f"--from {first}", nearest(first, [s.split("_")[0] for s in STAGES] + list(STAGES)), "bigmodel run --from"
        )
    return STAGES[matches[0] :]


def _step(run: Run, stage: str, parameters: Mapping[str, Any], progress: Progress) -> None:
    target = executed(run, stage)
    try:
        execute(stage, parameters, target, progress)
    except CellFailed as failure:
        raise RunFailed(failure, target.with_name(f"{stage}.failed.ipynb")) from None
    except OSError as error:
        raise BigModelError(
            f"{stage}: {error.strerror}", "a writable folder with free space", paths.shown(run.folder)
        ) from None


def _ready(run: Run, stages: tuple[str, ...], device: str) -> None:
    for stage in STAGES[: STAGES.index(stages[0])]:
        if not run.is_done(stage):
            raise ArtifactError(
                f"--from {stages[0]}, but {stage} has not run for this scenario",
                f"--from {stage}, or the whole chain",
                "bigmodel run",
            )
    paths.workspace().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.workspace()).free
    if free < FREE_BYTES:
        raise BigModelError(
            f"{free / 2**30:.1f} GB of free disk",
            f"at least {FREE_BYTES / 2**30:.0f} GB",
            "free space, or set BIGMODEL_HOME to another disk",
        )
    _choose_device(device)


def _choose_device(device: str) -> None:
    if device not in DEVICES:
        raise BigModelError(f"--device {device}", nearest(device, DEVICES), "bigmodel run --device")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise BigModelError(
                "--device cuda, but torch finds no GPU",
                "auto or cpu on this machine",
                "--device, or install the CUDA build of torch",
            )
    os.environ |= {"BIGMODEL_DEVICE": device, "BIGMODEL_BATCH": "1"}


def _as_seen_from_notebooks(name: str) -> str:
    """A scenario given as a file is found from the notebooks' folder, without the paths of this machine."""
    is_file = Path(name).suffix in {".yml", ".yaml"}
    return os.path.relpath(Path(name).resolve(), paths.notebooks()) if is_file else name
