"""The runs on disk: list them, and let old ones go."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.pipeline import manifest


def lines() -> Iterator[str]:
    """Return a line per run, newest first: scenario, run, when, verdict and chance of gain."""
    for folder in sorted(_runs(), key=_age):
        written, decision = manifest.read(folder).get("written", "unfinished"), _decision(folder)
        finished = "unfinished" if written == "unfinished" else "finished, see its page"
        said = f"{decision['verdict']}, {decision['probability']:.0%} of futures gain" if decision else finished
        yield f"{folder.parent.name}  {folder.name}  {written}  {said}"


def clean(keep: int) -> int:
    """Remove all but the `keep` newest runs of each scenario; return how many went."""
    gone = 0
    for scenario in {folder.parent for folder in _runs()}:
        for folder in sorted((f for f in _runs() if f.parent == scenario), key=_age)[keep:]:
            shutil.rmtree(folder)
            gone += 1
    return gone


def _runs() -> list[Path]:
    return [path for path in paths.runs().glob("*/*/") if path.is_dir()]


def _age(folder: Path) -> float:
    return -folder.stat().st_mtime


def _decision(folder: Path) -> dict[str, Any] | None:
    try:
        return json.loads((folder / "08_decide" / "decision.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
