"""Is a finished run still what it was when it finished? Every file against its hash, every hash against the chain."""

from __future__ import annotations

from typing import Any

from bigmodel_utils.artifacts import ArtifactError, Run, file_hash
from bigmodel_utils.pipeline import history, manifest
from bigmodel_utils.pipeline.reuse import executed


def faults(run: Run) -> list[str]:
    """Return one line per trace of tampering or damage; [] when the run is as it was sealed.

    The seal holds no secret: somebody who re-made every hash is found only by a seal kept elsewhere, as in a printed brief.
    Raises ArtifactError when the run has not finished.
    """
    record = manifest.read(run.folder)
    if not record.get("chain"):
        raise ArtifactError(
            f"'{run.scenario.name}' ({run.id}) has no manifest", "a finished run", f"bigmodel run {run.scenario.name}"
        )
    found = [] if record.get("seal") == manifest.seal(record) else ["manifest.json was altered"]
    for stage, told in record.get("stages", {}).items():
        found += _of_stage(run, stage, told)
    if not found and manifest.chain(run) != record["chain"]:
        found.append("the records of the stages do not match the chain of hashes")
    return found + [f"history.jsonl, line {number} was altered" for number in history.broken(run.scenario.name)]


def _of_stage(run: Run, stage: str, told: dict[str, Any]) -> list[str]:
    folder, sealed = run.folder / stage, told.get("outputs", {})
    expected = {folder / name: value for name, value in sealed.items()} | {executed(run, stage): told.get("notebook")}
    found = []
    for path, value in expected.items():
        shown = path.relative_to(run.folder).as_posix()
        if not path.is_file():
            found.append(f"{shown} is gone")
        elif file_hash(path) != value:
            found.append(f"{shown} was altered")
    if run.record(stage).get("files") != sealed:
        found.append(f"{stage}/done.json was altered")
    return found
