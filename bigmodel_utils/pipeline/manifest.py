"""The record of a run: what it was made from, with what, how long it took, what it found, and hashes of all of it."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bigmodel_utils import __version__, paths, trace
from bigmodel_utils.artifacts import DONE, Run, file_hash, write_atomic
from bigmodel_utils.pipeline import machine
from bigmodel_utils.pipeline.reuse import executed
from bigmodel_utils.scenario import DECISION

NAME = "manifest.json"
_INPUTS = ("fact", "range", "file", "pin", "result")
_CODE = ("module", "notebook")


def content(run: Run) -> dict[str, Any]:
    """Return the record of a finished run, without secrets, names of people or paths of this machine."""
    causes: dict[str, Any] = {}
    for stage in run.stages:
        causes |= run.record(stage)["causes"]
    found = {
        "scenario": run.scenario.model_dump(mode="json"),
        "run": run.id,
        "version": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in trace.LIBRARIES},
        "machine": machine.facts(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": {name: value for name, value in causes.items() if name.partition(":")[0] in _INPUTS},
        "code": {name: value for name, value in causes.items() if name.partition(":")[0] in _CODE},
        "stages": {stage: _stage(run, stage) for stage in run.stages},
        "outcome": _outcome(run),
        "chain": chain(run),
        "rendered": _rendering(run),
    }
    return _portable(found)


def write(run: Run, reports: Path, record: dict[str, Any]) -> None:
    """Write the sealed record of a finished run beside its stages and beside its reports."""
    text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True)
    for folder in (run.folder, reports):
        write_atomic(folder / NAME, text)


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest in `folder`; {} when there is none or it cannot be read."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def chain(run: Run) -> dict[str, str]:
    """Return a hash per stage that holds the scenario and every stage up to it: one changed byte changes all after it."""
    link, found = hashlib.sha256(run.id.encode()).hexdigest(), {}
    for stage in run.stages:
        done = (run.folder / stage / DONE).read_bytes()
        link = hashlib.sha256(link.encode() + done).hexdigest()
        found[stage] = link[:16]
    return found


def seal(record: dict[str, Any]) -> str:
    """Return the hash of everything in a manifest but its own seal."""
    bare = {key: value for key, value in record.items() if key != "seal"}
    return hashlib.sha256(json.dumps(bare, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def stands(run: Run, reports: Path) -> bool:
    """Whether the reports show exactly this run, rendered by the code as it is now."""
    stored = read(reports)
    return bool(stored) and stored.get("rendered") == _rendering(run) and (reports / "index.html").is_file()


def _stage(run: Run, stage: str) -> dict[str, Any]:
    """Return duration, time, hashes of the results and headline figures of a stage."""
    record, notebook = run.record(stage), executed(run, stage)
    told = json.loads(notebook.read_text(encoding="utf-8")).get("metadata", {}).get("papermill", {})
    return {
        "seconds": round(told.get("duration") or 0.0, 2),
        "ended": (told.get("end_time") or "")[:19],
        "notebook": file_hash(notebook),
        "outputs": record["files"],
        "figures": {name: figure.model_dump(mode="json", exclude_none=True) for name, figure in run.figures(stage).items()},
    }


def _outcome(run: Run) -> dict[str, Any]:
    """Return verdict and chance of gain, where the run decides."""
    decision = run.json(DECISION, "decision") if DECISION in run.stages else {}
    return {key: decision[key] for key in ("verdict", "probability") if key in decision}


def _portable(value: Any) -> Any:
    """Return `value` with the paths of this machine cut down to what follows the workspace, or to the file's name."""
    if isinstance(value, dict):
        return {_portable(key): _portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item) for item in value]
    return paths.portable(value) if isinstance(value, str) else value


def _rendering(run: Run) -> str:
    """Return a hash of everything that the pages are rendered from."""
    digest = hashlib.sha256(code_of_pages().encode())
    for stage in run.stages:
        digest.update((run.folder / stage / DONE).read_bytes())
        digest.update(executed(run, stage).read_bytes())
    return digest.hexdigest()[:16]


def code_of_pages() -> str:
    """Return the hashes of all code and texts that pages are rendered by."""
    package = paths.PROJECT / "bigmodel_utils"
    sources = [*(package / "report").rglob("*"), *(package / "locale").rglob("*.po"), package / "messages.py"]
    files = sorted(path for path in sources if path.is_file() and "__pycache__" not in path.parts)
    return " ".join(trace.code_digest(path) for path in files)


def _commit() -> dict[str, Any]:
    """Return the commit of the code and whether it was edited since; both None outside a checkout."""
    try:
        ask = {"cwd": paths.PROJECT, "capture_output": True, "text": True, "check": True, "timeout": 10}
        commit = subprocess.run(["git", "rev-parse", "HEAD"], **ask).stdout.strip()  # noqa: S607
        edited = bool(subprocess.run(["git", "status", "--porcelain"], **ask).stdout.strip())  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return {"id": None, "edited": None}
    return {"id": commit, "edited": edited}
