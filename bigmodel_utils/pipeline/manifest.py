"""The record of a run: what it was made from, with what, and a chain of hashes over its results."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bigmodel_utils import __version__, paths, trace
from bigmodel_utils.artifacts import DONE, Run, write_atomic
from bigmodel_utils.pipeline.reuse import executed

NAME = "manifest.json"


def write(run: Run, reports: Path) -> None:
    """Write the manifest of a finished run beside its stages and beside its reports."""
    content = {
        "scenario": run.scenario.model_dump(mode="json"),
        "run": run.id,
        "version": __version__,
        "commit": _commit(),
        "libraries": {name: metadata.version(name) for name in trace.LIBRARIES},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "chain": chain(run),
        "rendered": _rendering(run),
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    for folder in (run.folder, reports):
        write_atomic(folder / NAME, text)


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest in `folder`; {} when there is none or it cannot be read."""
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def chain(run: Run) -> dict[str, str]:
    """Return a hash per stage that holds the scenario and every stage up to it: one changed byte changes all after it."""
    link, found = hashlib.sha256(run.id.encode()).hexdigest(), {}
    for stage in run.stages:
        done = (run.folder / stage / DONE).read_bytes()
        link = hashlib.sha256(link.encode() + done).hexdigest()
        found[stage] = link[:16]
    return found


def stands(run: Run, reports: Path) -> bool:
    """Whether the reports show exactly this run, rendered by the code as it is now."""
    stored = read(reports)
    return bool(stored) and stored.get("rendered") == _rendering(run) and (reports / "index.html").is_file()


def _rendering(run: Run) -> str:
    """Return a hash of everything that the pages are rendered from."""
    digest = hashlib.sha256()
    for stage in run.stages:
        digest.update((run.folder / stage / DONE).read_bytes())
        digest.update(executed(run, stage).read_bytes())
    package = paths.PROJECT / "bigmodel_utils"
    sources = [*(package / "report").rglob("*"), *(package / "locale").rglob("*.po"), package / "messages.py"]
    for path in sorted(p for p in sources if p.is_file() and "__pycache__" not in p.parts):
        digest.update(trace.code_digest(path).encode())
    return digest.hexdigest()[:16]


def _commit() -> dict[str, Any]:
    """Return the commit of the code and whether it was edited since; both None outside a checkout."""
    try:
        ask = {"cwd": paths.PROJECT, "capture_output": True, "text": True, "check": True, "timeout": 10}
        commit = subprocess.run(["git", "rev-parse", "HEAD"], **ask).stdout.strip()  # noqa: S607
        edited = bool(subprocess.run(["git", "status", "--porcelain"], **ask).stdout.strip())  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return {"id": None, "edited": None}
    return {"id": commit, "edited": edited}
