"""Released models: versions that stay, a pointer to the one that is served, and the way back."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bigmodel_utils import paths, scenario
from bigmodel_utils.artifacts import file_hash, write_atomic
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.errors import BigModelError, nearest

POINTER = "current.json"
_PROBE = "good 好"


class ReleaseError(BigModelError):
    """No model to release or serve, or no earlier one to go back to."""


@dataclass(frozen=True)
class Served:
    """A model folder, the name it logs under, the id that its answers carry, and the scenario whose releases it follows."""

    folder: Path
    name: str
    model: str
    scenario: str | None = None


def released(name: str) -> Path:
    """Return the folder that holds the released versions of scenario `name`."""
    return paths.workspace() / "data" / "released" / name


def locate(what: str) -> Served:
    """Return what to serve: a folder, or of a scenario its current release, else its newest run's model.

    Raises ReleaseError when there is none, ScenarioError for an unknown scenario.
    """
    if (Path(what) / "config.json").is_file():
        folder = Path(what).resolve()
        return Served(folder, folder.name, f"{folder.name}-{fingerprint(folder)}")
    name = scenario.load(what).name
    if version := current(name):
        return _released(name, version)
    folder = newest(name)
    return Served(folder, name, f"{name}/{fingerprint(folder)}", name)


def after(served: Served) -> Served | None:
    """Return the release to change over to: what the scenario's pointer names, when that is not `served` itself."""
    version = current(served.scenario) if served.scenario else None
    found = _released(served.name, version) if version else served
    return None if found.model == served.model else found


def _released(name: str, version: str) -> Served:
    return Served(released(name) / version, name, f"{name}/{version}", name)


def newest(name: str) -> Path:
    """Return the model folder of the newest run of scenario `name` that has one: the chosen served one, else the adapted M_B."""
    for run in sorted((paths.runs() / name).glob("[!.]*/"), key=lambda run: -run.stat().st_mtime):
        for stage, model in ((scenario.DEPLOYMENT, "served"), (scenario.MODELS, "model_b")):
            if (run / stage / "done.json").is_file() and (run / stage / model / "config.json").is_file():
                return run / stage / model
    raise ReleaseError(f"no trained model of '{name}'", "a finished run", f"bigmodel run {name}")


def fingerprint(folder: Path) -> str:
    """Return 12 hex digits that tell one model from another: of the checksums when sealed, else of the weights."""
    sealed = folder / folders.CHECKSUMS
    files = [sealed] if sealed.is_file() else sorted((*folder.glob("*.safetensors"), *folder.glob("*.onnx")))
    if not files:
        raise ReleaseError(f"{paths.shown(folder)} without weights", f"{folders.TORCH} or {folders.ONNX}", "the folder")
    return file_hash(files[0])[:12]


def current(name: str) -> str | None:
    """Return the version of scenario `name` that is served, or None."""
    return _pointer(name)["current"]


def release(name: str, source: Path) -> str:
    """Copy the model folder `source` to a new version of `name`, prove that it answers, then point to it.

    Returns the version, "0003-1a2b3c4d5e6f". Until the pointer moves, the earlier version is served; a copy that is
    damaged or does not answer is removed again. Raises ServedFolderError, or ReleaseError for the version served now.
    """
    folders.verify(source)
    with _in_turn(name):
        before = _pointer(name)
        version = _copied(name, source, before["current"] or "")
        _point(name, version, [*before["before"], before["current"]] if before["current"] else [])
    return version


def _copied(name: str, source: Path, current: str) -> str:
    """Return the version that a proven copy of `source` has become; raises ReleaseError when it is the `current` one."""
    from bigmodel_utils.deployment.runtime import Runtime

    home = released(name)
    home.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=home, prefix=".new-"))
    try:
        shutil.copytree(source, aside, dirs_exist_ok=True)
        if not (aside / folders.CHECKSUMS).is_file():
            folders.seal(aside)
        mark = fingerprint(aside)
        if current.endswith(mark):
            raise ReleaseError(f"the model of {current}", "another than the one released now", f"bigmodel run {name}")
        Runtime.load(aside).probabilities([_PROBE])
        version = f"{1 + max((int(path.name[:4]) for path in home.glob('[0-9]*-*')), default=0):04d}-{mark}"
        aside.chmod(0o755)
        aside.rename(home / version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return version


def back(name: str) -> str:
    """Point to the version that was served before the current one and return it; raises ReleaseError when there is none."""
    with _in_turn(name):
        pointer = _pointer(name)
        if not pointer["before"]:
            known = [path.name for path in released(name).parent.glob("*") if (path / POINTER).is_file()]
            given = f"'{name}' has no earlier release" if pointer["current"] else f"nothing of '{name}' is released"
            raise ReleaseError(given, f"a second release; released: {nearest(name, known)}", f"bigmodel release {name}")
        *earlier, version = pointer["before"]
        folders.verify(released(name) / version)
        _point(name, version, earlier)
        return version


@contextlib.contextmanager
def _in_turn(name: str) -> Iterator[None]:
    """Let who releases or goes back at the same time wait."""
    from filelock import FileLock

    home = released(name)
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_name(f".{name}.lock")):
        yield


def _pointer(name: str) -> dict:
    path = released(name) / POINTER
    if not path.is_file():
        return {"current": None, "before": []}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {"current": str(found["current"]), "before": [str(version) for version in found["before"]]}
    except (ValueError, KeyError, TypeError):
        raise ReleaseError(
            f"{paths.shown(path)} cannot be read", "a version and those before it", "restore it from a back-up"
        ) from None


def _point(name: str, version: str, before: list[str]) -> None:
    write_atomic(released(name) / POINTER, json.dumps({"current": version, "before": before}, indent=1))
