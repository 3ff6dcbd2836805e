"""Where things live. The project is read, the workspace is written; by default they are one folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_ABSOLUTE = re.compile(r"(?<![\w./:])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'\"]+[/\\])+")


def workspace() -> Path:
    """Folder that holds `data/raw`, `data/runs` and `reports`; BIGMODEL_HOME moves it."""
    return Path(os.environ.get("BIGMODEL_HOME") or PROJECT).resolve()


def facts() -> Path:
    return PROJECT / "data" / "facts"


def scenarios() -> Path:
    return PROJECT / "data" / "scenarios"


def notebooks() -> Path:
    return PROJECT / "notebooks"


def raw() -> Path:
    """Cache of downloaded packages and converted weights."""
    return workspace() / "data" / "raw"


def runs() -> Path:
    return workspace() / "data" / "runs"


def reports() -> Path:
    return workspace() / "reports"


def shown(path: Path) -> str:
    """Return `path` as a reader may see it: relative to the workspace or project, never absolute."""
    for base in (workspace(), PROJECT):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.name


def portable(text: str) -> str:
    """Return `text` with the paths of this machine cut down to what follows the workspace, or to the file's name."""
    for base in (workspace(), PROJECT):
        text = text.replace(f"{base}/", "")
    kind, colon, place = text.partition(":")
    if colon and kind in {"file", "folder", "hub"}:
        return f"{kind}:{Path(place).name}" if Path(place).is_absolute() else text
    return _ABSOLUTE.sub("", text)
