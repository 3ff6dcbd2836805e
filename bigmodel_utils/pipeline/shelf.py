"""The runs on disk: list them, and let old ones go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bigmodel_utils import paths
from bigmodel_utils.pipeline import claims, manifest


def lines() -> Iterator[str]:
    """Return a line per run, newest first: scenario, run, when, verdict and chance of gain."""
    for folder in sorted(_runs(), key=_age):
        record = manifest.read(folder)
        outcome = record.get("outcome")
        gain = f"{outcome['verdict']}, {outcome['probability']:.0%} of futures gain" if outcome else "finished, see its page"
        yield f"{folder.parent.name}  {folder.name}  {record.get('written', '–')}  {gain if record else 'unfinished'}"


def clean(keep: int) -> int:
    """Remove all but the `keep` newest runs of each scenario; return how many went. A run that is under way stays."""
    runs: dict[Path, list[Path]] = {}
    for folder in sorted(_runs(), key=_age):
        runs.setdefault(folder.parent, []).append(folder)
    return sum(_removed(folder) for newest_first in runs.values() for folder in newest_first[keep:])


def _removed(folder: Path) -> bool:
    from filelock import Timeout

    try:
        with claims.lock(folder):
            shutil.rmtree(folder)
    except Timeout:
        return False
    return True


def _runs() -> list[Path]:
    """Return the folders of runs; what a restore that was killed left beside them is none."""
    return [path for path in paths.runs().glob("*/*/") if not path.name.startswith(".")]


def _age(folder: Path) -> float:
    return -folder.stat().st_mtime
