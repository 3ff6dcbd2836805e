"""A training under way, in one safetensors file: weights, optimiser and history. No pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils import paths
from bigmodel_utils.artifacts import replacing
from bigmodel_utils.errors import BigModelError

if TYPE_CHECKING:
    import torch

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class CheckpointError(BigModelError):
    """A checkpoint that belongs to another training, or cannot be read."""


@dataclass
class Course:
    """How far a training has come: steps done, history so far, and the best weights seen."""

    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best_step: int = 0
    best_loss: float = float("inf")
    checks_without_gain: int = 0
    splits: int = 1
    best: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)


def save(
    path: Path, course: Course, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer, fingerprint: str
) -> None:
    """Write the state of a training to `path`, whole or not at all."""
    from safetensors.torch import save_file

    tensors = {f"weight/{name}": parameter.detach() for name, parameter in parameters.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in course.best.items()}
    for name, parameter in parameters.items():
        tensors |= {f"{moment}/{name}": optimiser.state[parameter][moment] for moment in _MOMENTS}
    told = {key: value for key, value in vars(course).items() if key != "best"}
    contiguous = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, "wb") as file:
        save_file(contiguous, file.name, metadata={"fingerprint": fingerprint, "course": json.dumps(told)})


def restore(
    path: Path, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer, fingerprint: str
) -> Course:
    """Put the state at `path` back into `parameters` and `optimiser`, and return how far it had come.

    Raises CheckpointError when it was written by a training of other data, settings or weights.
    """
    import torch
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
        tensors = load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{paths.shown(path)}: {error}", "a checkpoint of this training", "delete that file") from None
    if told.get("fingerprint") != fingerprint:
        raise CheckpointError(
            f"{paths.shown(path)}, written with other data, settings or weights",
            "a checkpoint of this very training",
            "delete that file",
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"weight/{name}"])
            optimiser.state[parameter] = {
                moment: tensors[f"{moment}/{name}"].to(parameter.device if moment != "step" or _on_device(optimiser) else "cpu")
                for moment in _MOMENTS
            }
    best = {name.removeprefix("best/"): tensor for name, tensor in tensors.items() if name.startswith("best/")}
    return Course(**json.loads(told["course"]), best=best)


def _on_device(optimiser: torch.optim.Optimizer) -> bool:
    """Whether this optimiser keeps its step counter beside the weights, as the fused ones do."""
    return any(group.get("fused") or group.get("capturable") for group in optimiser.param_groups)
