"""Expensive results of a page outlive a kill: the same page, run again under the same circumstances, takes them over.

A result is kept beside the run until its page has finished. Its circumstances are all that a page may look at: the
project's code, facts and pins, the page's own cells, earlier results, the scenario, libraries, device and input files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from bigmodel_utils import paths, trace
from bigmodel_utils.artifacts import DONE, Run, file_hash
from bigmodel_utils.stored import Shelf

Result = TypeVar("Result")
RECORD = "circumstances.json"


def kept(run: Run, now: str, name: str, compute: Callable[..., Result], *arguments: Any) -> Result:
    """Return compute(*arguments), or what the same page computed under `name` in the circumstances `now` before it was killed.

    Raises StoredError when the result is no plain value, frame, array, or project dataclass of such.
    """
    shelf = Shelf(_folder(run) / name, run.new("."), run.scenario)
    if record := _record(shelf.folder, now):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, ImportError):  # a damaged one is computed again
            found = shelf.read()
            trace.restore(record["seen"], record["modules"])
            print(f"{name}: taken over from before the interruption", file=sys.stderr)
            return found
    result = compute(*arguments)
    _keep(shelf, result, now)
    return result


def standing(run: Run) -> list[str]:
    """Return the names of the results that the run's stage would take over now."""
    folders = [path for path in _folder(run).glob("*/") if not path.name.startswith(".")]
    now = circumstances(run) if folders else ""
    return sorted(path.name for path in folders if _record(path, now))


def forget(run: Run) -> None:
    """Drop what was kept for a page that has finished."""
    shutil.rmtree(_folder(run), ignore_errors=True)


def circumstances(run: Run) -> str:
    """Return a hash of everything that a page may depend on, whether it looked at it or not."""
    package = Path(__file__).parent
    with trace.unseen():  # which notebooks the chain names is no cause of this page's results
        earlier = [stage for stage in run.stages if stage < str(run.stage) and run.is_done(stage)]
    files = [
        *sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts),
        *sorted(paths.facts().glob("*.csv")),
        paths.PROJECT / "data" / "packages.yml",
        *(run.folder / stage / DONE for stage in earlier),
    ]
    digest = hashlib.sha256(trace.notebook_digest(str(run.stage)).encode())
    for path in files:
        digest.update(path.read_bytes())
    versions = {name: metadata.version(name) for name in trace.LIBRARIES}
    digest.update(json.dumps([run.id, versions, trace.device_class()]).encode())
    return digest.hexdigest()


def _folder(run: Run) -> Path:
    return run.checkpoints / "kept" / str(run.stage)


def _keep(shelf: Shelf, result: Any, now: str) -> None:
    """Write the result aside and put it in place whole."""
    aside = shelf.folder.with_name(f".{shelf.folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    Shelf(aside, shelf.stage, shelf.scenario).write(result)
    record = {"circumstances": now, "seen": trace.seen(), "modules": trace.modules()}
    (aside / RECORD).write_text(json.dumps(record), encoding="utf-8")
    shutil.rmtree(shelf.folder, ignore_errors=True)
    os.replace(aside, shelf.folder)


def _record(folder: Path, now: str) -> dict[str, Any] | None:
    """Return what was recorded with a result, unless it was made under other circumstances."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return record if record["circumstances"] == now and _files_stand(record["seen"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files_stand(seen: dict[str, Any]) -> bool:
    """Whether the input files that were looked at are still what they were."""
    files = {name.partition(":")[2]: value for name, value in seen.items() if name.startswith("file:")}
    return all((paths.workspace() / name).is_file() and file_hash(paths.workspace() / name) == v for name, v in files.items())
