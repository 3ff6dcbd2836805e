"""Take a stage's result over instead of making it again: from this run, or from a sibling run of the same scenario."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bigmodel_utils.artifacts import Run, swap_in
from bigmodel_utils.pipeline import freshness


def executed(run: Run, stage: str) -> Path:
    """Path of the executed copy of a stage's notebook."""
    return run.folder / "notebooks" / f"{stage}.ipynb"


def reuse(run: Run, stage: str) -> tuple[bool, list[str]]:
    """Return whether the stage needs no new run, and otherwise the reasons; a sibling's fitting result is linked in."""
    reasons = freshness.changes(run, stage)
    if not reasons:
        reasons = [f"result is damaged: {name}" for name in freshness.damaged(run, stage)]
        if not reasons and executed(run, stage).is_file():
            return True, []
    for sibling in _siblings(run):
        differences = _differences(run, sibling, stage)
        if not differences:
            _link(sibling, run, stage)
            return True, []
        if not run.record(stage):
            reasons = min(reasons, differences, key=lambda found: (found is reasons, len(found)))
    return False, reasons or ["its executed notebook is gone"]


def _siblings(run: Run) -> Iterator[Run]:
    """Other runs of the scenario's name, newest first."""
    folders = [path for path in run.folder.parent.glob("*/") if path != run.folder]
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
        sibling = Run(run.scenario)
        sibling.folder = folder
        yield sibling


def _differences(run: Run, sibling: Run, stage: str) -> list[str]:
    """Return why a sibling's result of the stage cannot stand in this run; [] when it can."""
    record = sibling.record(stage)
    if not record or not executed(sibling, stage).is_file():
        return [f"{stage} has not finished"]
    return freshness.changes(run, stage, record) or freshness.damaged(sibling, stage)


def _link(sibling: Run, run: Run, stage: str) -> None:
    """Show the sibling's files in this run; both names share one file, which nobody writes to again."""
    aside = run.folder / f".{stage}.linked"
    shutil.rmtree(aside, ignore_errors=True)
    run.folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(sibling.folder / stage, aside, copy_function=_hard_link)
    swap_in(aside, run.folder / stage)
    target = executed(run, stage)
    target.parent.mkdir(exist_ok=True)
    shutil.copy2(executed(sibling, stage), target)


def _hard_link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
