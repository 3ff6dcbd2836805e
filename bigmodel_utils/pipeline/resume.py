"""Where an interrupted notebook goes on: what was finished, and what of it can be taken over honestly."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bigmodel_utils import kept, paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import journal

_KEPT = re.compile(r"\.kept\(\s*['\"]([\w-]+)['\"]")


def running(target: Path) -> Path:
    """Return where a notebook lies while it is executed; `target` is where it will lie."""
    return target.with_name(f".{target.stem}.running.ipynb")


def told(run: Run, stage: str, target: Path) -> str | None:
    """Return in words from which cell the stage goes on; None when it was not interrupted.

    A notebook that a crash left half executed is completed from its journal and kept as `<stage>.failed.ipynb`. Cells
    are counted from 0, as in the notebook that people open.
    """
    half = running(target)
    last = journal.recover(half)
    stopped = f"finished cell {last} before it stopped; " if last is not None else ""
    journal.publish(half, target.with_name(f"{stage}.failed.ipynb"))
    standing = kept.standing(Run(run.scenario, stage))
    if standing:
        first = max((_cell(stage, name) for name in standing), default=0) + 1
        return f"{stopped}goes on from cell {first}, with {', '.join(standing)} taken over"
    trainings = run.checkpoints.is_dir() and any(path.name != "kept" for path in run.checkpoints.iterdir())
    if stopped and trainings:
        return f"{stopped}finished trainings are taken over, the one under way goes on from its checkpoint"
    return f"{stopped}starts again, for no cell up to there declares a result to keep" if stopped else None


def _cell(stage: str, name: str) -> int:
    """Return the number of the cell that declares `name`; -1 when none does."""
    content = json.loads((paths.notebooks() / f"{stage}.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in content["cells"]]
    return next((number for number, source in enumerate(sources) if name in _KEPT.findall(source)), -1)
