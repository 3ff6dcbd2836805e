"""One training by several processes: each takes a share of every batch, and the gradients are summed (torch.distributed).

A parent writes the job into a folder and starts the processes by torchrun; each runs this module, which calls the same fit.
BIGMODEL_MACHINES=4@HOST:PORT spreads them over four machines that share the workspace: the parent, on HOST, prints the command
that the other three have to run.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist

from bigmodel_utils import paths
from bigmodel_utils.choices import Training
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.learned import TrainingError

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.training.finetune import FitResult

MACHINES_VARIABLE = "BIGMODEL_MACHINES"
_JOB, _RESULT, _REFUSAL, _HISTORY = "job.json", "result.json", "refusal.json", "history.parquet"
_LONGEST_REASON = 300  # characters of a failed process's last words


class Crew:
    """The processes that train together, as one of them sees it; alone, every method gives back what it is given."""

    def __init__(self) -> None:
        self.together = dist.is_initialized()
        self.rank = dist.get_rank() if self.together else 0
        self.size = dist.get_world_size() if self.together else 1

    def share(self, rows: np.ndarray) -> np.ndarray:
        """Return this process's share of a batch; it may be empty."""
        return np.array_split(rows, self.size)[self.rank]

    @torch.no_grad()
    def summed(self, loss: torch.Tensor, parameters: list[torch.nn.Parameter]) -> torch.Tensor:
        """Sum the gradients of `parameters` over all processes, in place, and return the summed loss."""
        if not self.together:
            return loss
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([loss.float().view(1), *(gradient.float().flatten() for gradient in gradients)])
        dist.all_reduce(flat)
        loss, *parts = flat.split([1, *(p.numel() for p in parameters)])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad = part.view_as(parameter).to(parameter.dtype)
        return loss[0]

    def gathered(self, items: list[Any]) -> list[Any]:
        """Return the items of all processes."""
        if not self.together:
            return items
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, items)
        return [item for part in found for item in part]


def launches(settings: Training) -> bool:
    """Whether this process is to start others and wait; raises TrainingError for what is not offered."""
    several = settings.processes > 1 or Machines.told().count > 1
    if settings.sharding == "parameters" and (settings.adapter_rank or not several):
        given = f"adapter_rank = {settings.adapter_rank}" if several else "one process"
        allowed = "several processes, all weights learning or frozen whole"
        raise TrainingError(f"sharding = 'parameters' with {given}", allowed, "the scenario's training part")
    return several and not dist.is_initialized()


def launch(
    task: str,
    start: Path,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    scenario: Scenario,
    settings: Training,
    out: Path,
    checkpoints: Path | None,
    labels: list[str] | None = None,
) -> FitResult:
    """Run fit `task` (fit | fit_entities | fit_language_model) by `settings.processes` processes and return its result.

    Raises TrainingError with the refusal of a process, or with the last words of one that died.
    """
    machines = Machines.told()
    with tempfile.TemporaryDirectory(prefix="bigmodel-", dir=paths.workspace() if machines.count > 1 else None) as name:
        folder = Path(name)
        train.to_parquet(folder / "train.parquet")
        validation.to_parquet(folder / "validation.parquet")
        job = {
            "task": task,
            "start": str(start),
            "scenario": scenario.model_dump(mode="json"),
            "settings": settings.model_dump(mode="json"),
            "out": str(out),
            "checkpoints": checkpoints and str(checkpoints),
            "labels": labels,
        }
        (folder / _JOB).write_text(json.dumps(job), encoding="utf-8")
        words = command(settings.processes, folder, machines)
        if machines.count > 1:
            print(f"run on each of the other machines: {shlex.join(words)}", file=sys.stderr, flush=True)
        return _read(folder, subprocess.run(words, env=_environment(settings.processes, machines), stderr=subprocess.PIPE))  # noqa: S603


@dataclasses.dataclass(frozen=True)
class Machines:
    """Over how many machines a training is spread, and where they meet (HOST:PORT of the first one)."""

    count: int = 1
    meeting: str = ""

    @classmethod
    def told(cls) -> Machines:
        """Return what BIGMODEL_MACHINES says, one machine without it; raises TrainingError for what is not COUNT@HOST:PORT."""
        text = os.environ.get(MACHINES_VARIABLE, "")
        parts = re.fullmatch(r"([1-9]\d*)@([\w.-]+:\d+)", text)
        if text and not parts:
            raise TrainingError(
                f"{MACHINES_VARIABLE} = '{text}'", "COUNT@HOST:PORT, as 4@node0:29500", f"the variable {MACHINES_VARIABLE}"
            )
        return cls(int(parts[1]), parts[2]) if parts else cls()


def command(processes: int, folder: Path, machines: Machines = Machines()) -> list[str]:
    """Return the torchrun command that each machine runs: so many processes on it, the job in `folder`."""
    alone = ["--standalone", "--local-addr", "127.0.0.1"]
    several = ["--nnodes", str(machines.count), "--rdzv-backend", "c10d", "--rdzv-endpoint", machines.meeting]
    where = several if machines.count > 1 else alone
    words = ["-m", "torch.distributed.run", *where, "--nproc-per-node", str(processes), "-m", __spec__.name, str(folder)]
    return [sys.executable, *words]


def _environment(processes: int, machines: Machines) -> dict[str, str]:
    threads, local = max(1, (os.cpu_count() or 1) // processes), {"GLOO_SOCKET_IFNAME": "lo"} if machines.count == 1 else {}
    return {"OMP_NUM_THREADS": str(threads), **os.environ, **local, "TORCH_CPP_LOG_LEVEL": "ERROR"}


def _read(folder: Path, ended: subprocess.CompletedProcess[bytes]) -> FitResult:
    import pandas as pd

    from bigmodel_utils.training.finetune import FitResult

    if (folder / _REFUSAL).exists():
        raise TrainingError(*json.loads((folder / _REFUSAL).read_text(encoding="utf-8")))
    if ended.returncode or not (folder / _RESULT).exists():
        said = ended.stderr.decode(errors="replace").strip()
        errors = re.findall(
            r"^(?:\[rank\d+\]: )?((?:\w+\.)*\w+(?:Error|Exception): .*)$", said, re.M
        )  # torchrun sums up below them
        reason = (errors[0] if errors else said)[-_LONGEST_REASON:]
        raise TrainingError(
            f"training by several processes, of which one died: {reason}",
            "processes that end well",
            "processes of the scenario",
        )
    told = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    notes = tuple(Message.from_json(note) for note in told.pop("notes"))
    history = pd.read_parquet(folder / _HISTORY)
    return FitResult(folder=Path(told.pop("folder")), history=history, notes=notes, **told)


def _work(folder: Path) -> None:
    """Do the job in `folder` as one of the processes; the first writes the result, or the refusal."""
    from bigmodel_utils.training.device import choose

    kind = choose().kind
    if kind == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    first = dist.get_rank() == 0
    try:
        result = _fitted(json.loads((folder / _JOB).read_text(encoding="utf-8")), folder)
    except BigModelError as error:
        if first:
            (folder / _REFUSAL).write_text(json.dumps([error.given, error.allowed, error.mend]), encoding="utf-8")
        return
    finally:
        dist.destroy_process_group()
    if first:
        _write(result, folder)


def _fitted(job: dict[str, Any], folder: Path) -> FitResult:
    import pandas as pd

    from bigmodel_utils.training.entities import fit_entities
    from bigmodel_utils.training.fit import fit
    from bigmodel_utils.training.language_model import fit_language_model

    train, validation = (pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "validation"))
    scenario = Scenario.model_validate(job["scenario"])
    rest = (scenario, Training.model_validate(job["settings"]), Path(job["out"]))
    keep, start = job["checkpoints"] and Path(job["checkpoints"]), Path(job["start"])
    if job["task"] == "fit_entities":
        return fit_entities(start, train, validation, job["labels"], *rest, keep)
    if job["task"] == "fit_language_model":
        return fit_language_model(start, train["text"].tolist(), validation["text"].tolist(), *rest, keep)
    return fit(start, train, validation, *rest, keep)


def _write(result: FitResult, folder: Path) -> None:
    result.history.to_parquet(folder / _HISTORY)
    told = {f.name: getattr(result, f.name) for f in dataclasses.fields(result) if f.name not in {"history", "notes", "folder"}}
    told |= {"folder": str(result.folder), "notes": [note.to_json() for note in result.notes]}
    (folder / _RESULT).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
