"""Take a stage's result over instead of making it again: from this run, or from another run where every cause is equal."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import Run, replacing, swap_in, write_atomic
from bigmodel_utils.pipeline import freshness


def executed(run: Run, stage: str) -> Path:
    """Path of the executed copy of a stage's notebook."""
    return run.folder / "notebooks" / f"{stage}.ipynb"


def reuse(run: Run, stage: str) -> tuple[bool, list[str]]:
    """Return whether the stage needs no new run, and otherwise the reasons; a sibling's fitting result is linked in.

    What is kept tells the prose of today.
    """
    reasons = freshness.changes(run, stage)
    if not reasons:
        reasons = [f"result is damaged: {name}" for name in freshness.damaged(run, stage)]
        if not reasons and _refresh_prose(run, stage):
            return True, []
    for sibling in _siblings(run):
        differences = _differences(run, sibling, stage)
        if not differences:
            _link(sibling, run, stage)
            if _refresh_prose(run, stage):
                return True, []
        if not run.record(stage) and sibling.folder.parent == run.folder.parent:
            reasons = min(reasons, differences, key=lambda found: (found is reasons, len(found)))
    return False, reasons or ["its executed notebook is gone or damaged"]


def libraries(run: Run, stage: str) -> set[str]:
    """Return the libraries that the stage and the one after it ask for; all where one of them never finished."""
    place = run.stages.index(stage)
    asked = [known_causes(run, each) for each in run.stages[place : place + 2]]
    return {name for name in trace.LIBRARIES if any(not causes or f"library:{name}" in causes for causes in asked)}


def known_causes(run: Run, stage: str) -> dict[str, Any]:
    """Return what the stage looked at when it last finished, here or in a sibling run; {} when it never did."""
    records = (known.record(stage) for known in (run, *_siblings(run)))
    return next((record["causes"] for record in records if record), {})


def _refresh_prose(run: Run, stage: str) -> bool:
    """Give a kept notebook the prose that its source has now; code cells keep their outputs, found by cell id.

    Return False when there is no notebook that can be read.
    """
    path = executed(run, stage)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    outputs = {cell.get("id"): cell for cell in kept["cells"] if cell["cell_type"] == "code"}
    source = json.loads((paths.notebooks() / f"{stage}.ipynb").read_text(encoding="utf-8"))["cells"]
    fresh = [outputs.get(cell.get("id")) if cell["cell_type"] == "code" else cell for cell in source]
    injected = [cell for cell in kept["cells"] if "injected-parameters" in cell["metadata"].get("tags", [])]
    fresh = [cell for cell in fresh if cell] + injected
    if _told(fresh) != _told(kept["cells"]):
        write_atomic(path, json.dumps(kept | {"cells": fresh}, ensure_ascii=False, indent=1))
    return True


def _told(cells: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return kind and text of the cells, without what a run adds to them."""
    own = [cell for cell in cells if "injected-parameters" not in cell["metadata"].get("tags", [])]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in own]


def _siblings(run: Run) -> Iterator[Run]:
    """Other runs, those of the scenario's own name first, newest first: a scenario may share stages with its parent."""
    folders = [path for path in run.folder.parents[1].glob("*/*/") if path != run.folder]
    for folder in sorted(folders, key=lambda path: (path.parent == run.folder.parent, path.stat().st_mtime), reverse=True):
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
    with replacing(target, "wb") as file:
        file.write(executed(sibling, stage).read_bytes())


def _hard_link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
