"""Does a finished stage still stand? Each cause that it recorded is compared with the same cause now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bigmodel_utils import facts, paths, scenario, trace
from bigmodel_utils.artifacts import Run, file_hash


def changes(run: Run, stage: str, record: dict[str, Any] | None = None) -> list[str]:
    """Return one line per cause that differs from what the stage recorded; [] when its result still stands.

    `record` is that of another run of the stage, judged by this run's scenario and earlier results.
    """
    record = run.record(stage) if record is None else record
    if not record:
        return [f"{stage} has not finished for this scenario"]
    before = record["causes"]
    return [_told(cause, before[cause], after) for cause, after in now(run, before).items() if after != before[cause]]


def now(run: Run, causes: Iterable[str]) -> dict[str, Any]:
    """Return each of `causes` as it is at this moment; None for one that is gone."""
    choices = scenario.causes(run.scenario)
    ask: dict[str, Callable[[str], Any]] = {
        "fact": facts.digest,
        "range": facts.stated_range,
        "result": lambda name: run.digest(*name.split("/", 1)),
        "module": _module,
        "notebook": trace.notebook_digest,
        "library": _version,
        "file": _file,
        "pin": _pin,
        "device": lambda _: trace.device_class(),
    }
    found = {}
    for cause in causes:
        kind, _, name = cause.partition(":")
        found[cause] = ask[kind](name) if kind in ask else choices.get(cause)
    return found


def damaged(run: Run, stage: str) -> list[str]:
    """Return the files of a finished stage that are gone or altered; a file is only read where size or time differ."""
    record = run.record(stage)
    return [name for name in record["files"] if not _intact(run.folder / stage / name, record, name)]


def _intact(path: Path, record: dict[str, Any], name: str) -> bool:
    if not path.is_file():
        return False
    found = path.stat()
    return [found.st_size, found.st_mtime_ns] == record["stat"][name] or file_hash(path) == record["files"][name]


@cache
def _module(name: str) -> str | None:
    path = paths.PROJECT / "bigmodel_utils" / name
    return trace.code_digest(path) if path.is_file() else None


@cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _file(name: str) -> str | None:
    path = paths.workspace() / name  # an absolute name stays what it is
    return file_hash(path) if path.is_file() else None


@cache
def _pin(name: str) -> str | None:
    text = (paths.PROJECT / "data" / "packages.yml").read_text(encoding="utf-8")
    return scenario.plain_values(text)["packages"].get(name, {}).get("sha256")


def _told(cause: str, before: Any, after: Any) -> str:
    kind, _, name = cause.partition(":")
    what = {
        "fact": f"facts changed: data/facts/{name}.csv",
        "result": f"earlier result changed: {name}",
        "module": f"code changed: bigmodel_utils/{name}",
        "notebook": f"code cells changed: notebooks/{name}.ipynb",
        "file": f"input file changed: {name}",
        "pin": f"pinned package changed: {name}",
    }
    if after is None:
        return f"{kind} is gone: {name}"
    return what.get(kind) or f"{kind} {name}: {_short(before, after)}"


def _short(before: Any, after: Any) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in after if before.get(key) != after[key]]
        return ", ".join(f"{key} {before.get(key)} → {after[key]}" for key in keys)
    return f"{before} → {after}"
