"""One fine-tuning from a loaded model to a plain Transformers folder, whatever the task: fingerprint, loop, result."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.choices import Training
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.learned import Adapters, set_dropout
from bigmodel_utils.training.loop import Keep, Loop, TrainingError
from bigmodel_utils.training.objective import Objective
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class FitResult:
    """What a training did.

    `history` has a row per log point: step, epoch, examples, loss, validation_loss and the task's measure (NaN between
    checks), samples_per_second. `seconds` is the whole call, `samples_per_second` the training itself, frozen parts included.
    """

    folder: Path
    history: pd.DataFrame
    seconds: float
    samples_per_second: float
    examples: int
    steps: int
    best_step: int
    stopped_early: bool
    parameters: int
    trained_parameters: int
    device: str
    notes: tuple[Message, ...]

    @property
    def validation_accuracy(self) -> float:
        """Accuracy on the validation rows at the step whose weights were kept."""
        return self.best("validation_accuracy")

    def best(self, measure: str) -> float:
        """Return a measure of the history at the step whose weights were kept."""
        return float(self.history.set_index("step")[measure].dropna()[self.best_step])

    def figures(self, model: str) -> dict[str, Quantity]:
        """Return the headline numbers as measured quantities, named `train_seconds_<model>` and so on."""
        source = "this training"
        return {
            f"train_seconds_{model}": Quantity(
                mid=self.seconds, unit="s", origin="measured", source=source, method="wall clock"
            ),
            f"train_samples_per_second_{model}": Quantity(
                mid=self.samples_per_second,
                unit="texts/s",
                origin="measured",
                source=source,
                n=self.examples,
                method="training steps",
            ),
            f"train_examples_{model}": Quantity(mid=self.examples, unit="texts", origin="measured", source=source),
        }


@dataclass(frozen=True)
class Start:
    """What a training starts from: a model in memory, its tokenizer, the folder it came from, and the data's own hash."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    folder: Path
    data: str


def finetune(
    start: Start,
    objective: Objective,
    scenario: Scenario,
    settings: Training,
    out: Path,
    checkpoints: Path | None,
    notes: tuple[Message, ...] = (),
    watch: Callable[[float], None] | None = None,
) -> FitResult:
    """Train the model of `start` towards `objective` and write the best weights to folder `out`.

    `watch` is told the validation loss at every check; what it raises ends the training, and nothing is written.
    Raises TrainingError for a loss that is no number, DeviceError and CheckpointError.
    """
    import pandas as pd

    started, device, model = time.perf_counter(), choose(), start.model
    parameters = model.num_parameters()
    fits(model, scenario.model.max_tokens)
    if settings.dropout is not None:
        set_dropout(model, settings.dropout)
    adapters = Adapters(model, settings) if settings.adapter_rank else None
    loop = Loop(model.to(device.kind), objective, settings, scenario.seed, device, watch)
    keep = (
        checkpoints
        and not loop.sharded
        and Keep(checkpoints / f"{out.name}.safetensors", _fingerprint(start, scenario, settings, device))
    )
    course = loop.run(out.name, keep)
    if adapters:
        model = adapters.merged()
    gathered = loop.image.whole() if loop.sharded else None
    if loop.crew.rank == 0:
        _write(model, gathered, start.tokenizer, scenario.model.max_tokens, out)
    if keep and loop.crew.rank == 0:
        keep.path.unlink(missing_ok=True)
    history = pd.DataFrame(course.history)
    examples = int(history["examples"].iloc[-1])
    return FitResult(
        folder=out,
        history=history,
        seconds=time.perf_counter() - started + loop.trunk.spared,
        samples_per_second=examples / course.seconds,
        examples=examples,
        steps=course.step,
        best_step=course.best_step,
        stopped_early=course.step < loop.steps,
        parameters=parameters,
        trained_parameters=sum(p.numel() for p in loop.parameters.values()),
        device=device.name,
        notes=(*notes, *_notes(course.splits)),
    )


def fits(model: PreTrainedModel, max_tokens: int) -> None:
    """Refuse texts longer than the model has positions."""
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest and max_tokens > longest:
        raise TrainingError(
            f"max_tokens = {max_tokens}", f"at most {longest}, the model's positions", "model.max_tokens of the scenario"
        )


def content_hash(content: Any) -> str:
    """Return a hash of plain values, for a training's fingerprint."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _notes(splits: int) -> tuple[Message, ...]:
    if splits == 1:
        return ()
    return (
        Message(
            "Memory ran out, so each batch was computed in {splits:integer} parts; the gradient of a batch is the same.",
            splits=splits,
        ),
    )


def _fingerprint(start: Start, scenario: Scenario, settings: Training, device: Device) -> str:
    """Return a hash of everything that the weights of this training depend on."""
    choices = [settings.model_dump(mode="json"), scenario.seed, scenario.task.labels, scenario.model.max_tokens, device.name]
    weights = [file_hash(file) for file in sorted(start.folder.glob("*.safetensors"))]
    return content_hash([type(start.model).__name__, choices, start.data, weights])


def _write(
    model: PreTrainedModel,
    gathered: dict[str, torch.Tensor] | None,
    tokenizer: PreTrainedTokenizerBase,
    max_tokens: int,
    out: Path,
) -> None:
    tokenizer.model_max_length = max_tokens  # so that whoever loads the folder cuts texts as in training
    model.to("cpu").eval().save_pretrained(out, state_dict=gathered)
    tokenizer.save_pretrained(out)
