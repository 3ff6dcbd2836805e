"""Results of a run: one folder per stage, written aside and swapped in whole when the stage is done."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bigmodel_utils import paths, trace
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

DONE = "done.json"
SCRATCH = ".scratch"


class ArtifactError(BigModelError):
    """A result that an earlier stage should have left and did not."""


class Run:
    """The results of one scenario under `data/runs/<scenario>/<hash>/`.

    Reading looks in finished stages. Writing goes to `.<stage>.partial`, which `finish` swaps in;
    until then, and when the stage fails, the earlier result stays as it was.
    """

    def __init__(self, scenario: Scenario, stage: str | None = None) -> None:
        self.scenario, self.stage = scenario, stage
        self.folder = paths.runs() / scenario.name / scenario.hash

    @property
    def id(self) -> str:
        return self.scenario.hash

    @property
    def stages(self) -> tuple[str, ...]:
        """The notebooks of this run, in order."""
        return tuple(sorted(self.scenario.chain))

    @property
    def checkpoints(self) -> Path:
        """Folder of trainings under way; unlike results it outlives a killed stage, so that a training goes on."""
        return self.folder / ".checkpoints"

    def begin(self) -> None:
        """Empty the partial folder of this run's stage; a run holds rows of people, so only its owner may look into it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)

    def finish(self) -> None:
        """Record hashes of every file and swap the partial folder in."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        files = sorted(p for p in self._partial.rglob("*") if p.is_file())
        hashes = {p.relative_to(self._partial).as_posix(): file_hash(p) for p in files}
        stat = {name: [s.st_size, s.st_mtime_ns] for name in hashes for s in [(self._partial / name).stat()]}
        record = {"stage": self.stage, "files": hashes, "stat": stat, "causes": trace.causes(self.stage)}
        write_atomic(self._partial / DONE, json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True))
        swap_in(self._partial, self.folder / self.stage)
        trace.remember()

    def is_done(self, stage: str) -> bool:
        return (self.folder / stage / DONE).is_file()

    def new(self, name: str) -> Path:
        """Return the path to which this stage may write `name`."""
        path = self._partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def scratch(self) -> Path:
        """Folder for what this stage needs only while it is under way; it does not outlive it."""
        return self.new(SCRATCH)

    def path(self, stage: str, name: str) -> Path:
        """Return the path of a finished result (or one of the stage under way); raises ArtifactError when missing."""
        base = self._partial if stage == self.stage else self.folder / stage
        path = base / name
        if path.exists():
            if stage != self.stage:
                trace.note("result", f"{stage}/{name}", self.digest(stage, name))
            return path
        done = [s for s in self.stages if self.is_done(s)]
        if stage != self.stage and stage not in done:
            raise ArtifactError(
                f"{stage} has not run for '{self.scenario.name}' ({self.id})",
                f"finished: {', '.join(done) or 'none'}",
                f"bigmodel run {self.scenario.name}",
            )
        raise ArtifactError(f"'{name}' of {stage}", nearest(name, (p.name for p in base.iterdir())), f"notebooks/{stage}.ipynb")

    def record(self, stage: str) -> dict[str, Any]:
        """Return what a finished stage recorded of itself: files (hashes), stat (size, time) and causes; {} when unfinished.

        A record that cannot be read, or that another version wrote, counts as unfinished.
        """
        try:
            found = json.loads((self.folder / stage / DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and {"files", "stat", "causes"} <= found.keys() else {}

    def digest(self, stage: str, name: str) -> str | None:
        """Return a hash of a finished result, file or folder; None when the stage does not hold it."""
        files = self.record(stage).get("files", {})
        parts = [f"{file} {value}" for file, value in sorted(files.items()) if file == name or file.startswith(f"{name}/")]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else None

    def write_json(self, name: str, content: Any) -> None:
        write_atomic(self.new(f"{name}.json"), json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True))

    def json(self, stage: str, name: str) -> Any:
        return json.loads(self.path(stage, f"{name}.json").read_text(encoding="utf-8"))

    def write_table(self, name: str, frame: pd.DataFrame) -> None:
        frame.to_parquet(self.new(f"{name}.parquet"), index=False)

    def table(self, stage: str, name: str) -> pd.DataFrame:
        import pandas as pd

        return pd.read_parquet(self.path(stage, f"{name}.parquet"))

    def write_figures(self, figures: Mapping[str, Quantity]) -> None:
        """Store the numbers that later stages and reports may show, each with its origin."""
        self.write_json("figures", {name: q.model_dump(mode="json") for name, q in figures.items()})

    def figures(self, stage: str) -> dict[str, Quantity]:
        return {name: Quantity.model_validate(q) for name, q in self.json(stage, "figures").items()}

    @property
    def _partial(self) -> Path:
        if self.stage is None:
            raise ArtifactError("writing without a stage", "a Run opened for one stage", "notebook.start")
        return self.folder / f".{self.stage}.partial"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(path: Path, mode: str = "w", opener: Callable[[str, int], int] | None = None) -> Iterator[IO[Any]]:
    """Yield a file that takes the place of `path` when the block ends without error: the old one or the new, never a half."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # machines that share a folder share process ids
    as_text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(aside, mode, opener=opener, **as_text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def owner_only(path: str, flags: int) -> int:
    """Open a file as `open` does, readable by its owner only: the `opener` of what others must not see."""
    return os.open(path, flags, 0o600)


def write_atomic(path: Path, text: str) -> None:
    """Write text so that a reader sees the old file or the new one, never a half."""
    with replacing(path) as file:
        file.write(text)


def swap_in(new: Path, old: Path) -> None:
    """Put folder `new` where `old` stands; `old` survives until `new` is in place."""
    retired = old.with_name(f".{old.name}.retired")
    shutil.rmtree(retired, ignore_errors=True)
    if old.exists():
        old.rename(retired)
    try:
        new.rename(old)
    except OSError:
        if retired.exists():
            retired.rename(old)
        raise
    shutil.rmtree(retired, ignore_errors=True)
