"""Runs at the same time never make the same result twice: who comes second waits and takes it over."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator

from bigmodel_utils import paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import freshness, reuse

FOLDER = ".claims"


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
