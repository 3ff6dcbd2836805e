"""Runs at the same time: never the same one twice, and never the same result, which who comes second takes over."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils import paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import freshness, reuse

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOLDER = ".claims"


def lock(folder: Path) -> BaseFileLock:
    """Return the lock of a run's folder, to be had at once or not at all (filelock.Timeout)."""
    from filelock import FileLock

    return FileLock(folder / ".lock", timeout=0)


@contextlib.contextmanager
def alone(run: Run) -> Iterator[None]:
    """Hold the run's lock; raises BigModelError when it is under way, or its folder cannot be written."""
    from filelock import Timeout

    try:
        run.folder.mkdir(0o700, parents=True, exist_ok=True)  # it will hold rows of people
    except OSError as error:
        raise BigModelError(
            f"{error.strerror}: {paths.shown(run.folder)}", "a folder that may be written", "its rights, or BIGMODEL_HOME"
        ) from None
    try:
        with lock(run.folder):
            yield
    except Timeout:
        raise BigModelError(
            f"'{run.scenario.name}' ({run.id}), which is under way", "one at a time", "wait for the other one to end"
        ) from None


@contextlib.contextmanager
def held(run: Run, stage: str) -> Iterator[None]:
    """Hold the claim on a stage's result while the block makes it; waits for a run that makes the same one.

    What counts as the same follows from the causes that the stage is known to have. A stage that never ran in this
    workspace runs once alone, since nothing is known of it.
    """
    from filelock import FileLock

    folder = paths.runs() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        claim = _claim(run, stage)
        with FileLock(folder / f"{stage}-{claim}.lock"):
            if _claim(run, stage) == claim:  # else the one that was waited for has shown what the stage depends on
                yield
                return


def _claim(run: Run, stage: str) -> str:
    """Return a hash of everything that the stage is known to look at, as it is now."""
    causes = reuse.known_causes(run, stage)
    now = freshness.now(run, causes) if causes else {}
    return hashlib.sha256(json.dumps(now, sort_keys=True, default=str).encode()).hexdigest()[:16]
