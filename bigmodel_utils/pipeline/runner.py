"""One command from a scenario to its reports; what still stands is not made again."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils import paths, scenario, trace
from bigmodel_utils.artifacts import ArtifactError, Run
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.pipeline import claims, manifest
from bigmodel_utils.pipeline.failure import CellFailed, RunFailed
from bigmodel_utils.pipeline.progress import Progress
from bigmodel_utils.pipeline.reuse import executed, libraries, reuse
from bigmodel_utils.trust import audit

if TYPE_CHECKING:
    from bigmodel_utils.report.page import Page

DEVICES = ("auto", "cpu", "cuda")
FREE_BYTES = 3 * 2**30


def run_chain(
    name: str,
    overrides: Mapping[str, Any] | None = None,
    device: str = "auto",
    first: str | None = None,
    progress: Progress | None = None,
    into: Path | None = None,
) -> Path:
    """Execute the notebooks of scenario `name` in order and return the folder of its rendered reports.

    A stage whose causes are unchanged is kept. `first` ("03" or "03_evaluate_model") skips the stages before it, which
    must have finished, and runs all from there on whether changed or not. `into` is another folder for the reports.
    Raises BigModelError on bad input, before anything runs, and RunFailed when a cell stops.
    """
    overrides = json.loads(json.dumps(overrides or {}, default=str))
    run = Run(scenario.load(name, overrides))
    stages = stages_from(run.stages, first)
    _ready(run, stages, device)
    parameters = {"scenario": _as_seen_from_notebooks(name), "overrides": overrides}
    event = {"scenario": run.scenario.name, "run": run.id, "first": first}
    with claims.alone(run), audit.logged("run", **event), progress or Progress() as shown:
        made = [stage for stage in stages if _step(run, stage, parameters, shown, forced=first is not None)]
        folder = _rendered(run, into or paths.reports() / run.scenario.name, bool(made))
    trace.remember()
    return folder


def stages_from(chain: tuple[str, ...], first: str | None) -> tuple[str, ...]:
    """Return the stages of `chain` from `first` on; a number such as "03" is enough."""
    if first is None:
        return chain
    matches = [i for i, stage in enumerate(chain) if stage == first or stage.split("_")[0] == first.zfill(2)]
    if not matches:
        raise BigModelError(
            f"notebook '{first}'", nearest(first, [s.split("_")[0] for s in chain] + list(chain)), "its number or name"
        )
    return chain[matches[0] :]


def _step(run: Run, stage: str, parameters: Mapping[str, Any], progress: Progress, forced: bool) -> bool:
    """Run one stage unless it still stands or another run is just making the same; return whether it was run."""
    kept, reasons = (False, ["asked for with --from"]) if forced else reuse(run, stage)
    if not kept:
        with claims.held(run, stage):
            kept, reasons = (False, reasons) if forced else reuse(run, stage)
            if not kept:
                _execute(run, stage, parameters, progress, reasons)
                return True
    progress.kept(stage)
    return False


@functools.cache
def _get_ready_to_render() -> None:
    """Load what pages are drawn with while cells run in another process, so that nobody waits for it after the last one."""
    libraries = ("pandas", "matplotlib.figure", "matplotlib.backends.backend_svg", "fontTools.subset", "openpyxl")
    own = ("bigmodel_utils.report.site", "bigmodel_utils.report.digest", "bigmodel_utils.pipeline.history")

    def load() -> None:
        for name in (*libraries, *own):
            with contextlib.suppress(ImportError):  # rendering itself says what is missing
                importlib.import_module(name)
        manifest.code_of_pages()

    threading.Thread(target=load, daemon=True).start()


def _execute(run: Run, stage: str, parameters: Mapping[str, Any], progress: Progress, reasons: list[str]) -> None:
    from bigmodel_utils.pipeline import preflight, resume
    from bigmodel_utils.pipeline.execution import execute

    preflight.names(run.scenario)
    if stage == run.stages[0]:
        preflight.inputs(run.scenario)
    target = executed(run, stage)
    progress.because(stage, reasons)
    if place := resume.told(run, stage, target):
        progress.resumes(stage, place)
    try:
        execute(stage, parameters, target, progress, libraries(run, stage), meanwhile=_get_ready_to_render)
    except CellFailed as failure:
        raise RunFailed(failure, target.with_name(f"{stage}.failed.ipynb")) from None
    except OSError as error:
        raise BigModelError(
            f"{stage}: {error.strerror}", "a writable folder with free space", paths.shown(run.folder)
        ) from None


def _rendered(run: Run, folder: Path, made: bool) -> Path:
    """Return the folder of the reports, rendered again unless neither results nor the code of reports changed."""
    if not made and manifest.stands(run, folder):
        return folder
    from filelock import FileLock

    from bigmodel_utils.pipeline import history
    from bigmodel_utils.report import site

    name, own = run.scenario.name, folder == paths.reports() / run.scenario.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):  # runs of one scenario render one after the other
        record = manifest.content(run)
        pages = {stage: executed(run, stage) for stage in run.stages}
        site.render(run, pages, None if own else folder, _changes(name, record) if own else None)
        history.record(run, folder, record, newest=own)
    return folder


def _changes(scenario: str, record: dict[str, Any]) -> Page | None:
    """Return the page that compares this run with the scenario's run before it, if there was one."""
    from bigmodel_utils.pipeline import difference, history
    from bigmodel_utils.report import digest

    before = history.before(scenario, record)
    return digest.page(before, record, difference.of(before, record)) if before else None


def _ready(run: Run, stages: tuple[str, ...], device: str) -> None:
    for stage in run.stages[: run.stages.index(stages[0])]:
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


def known_device(device: str) -> None:
    """Raise BigModelError for a device that `--device` does not know."""
    if device not in DEVICES:
        raise BigModelError(f"--device {device}", nearest(device, DEVICES), "--device")


def _choose_device(device: str) -> None:
    known_device(device)
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
