"""Fine-tune a text classifier: from pretrained weights to M_A, from M_A to M_B. Leaves a plain Transformers folder."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.artifacts import file_hash
from bigmodel_utils.choices import Training
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.classification import Classification, Labelled
from bigmodel_utils.training.device import choose
from bigmodel_utils.training.loop import Keep, Loop, TrainingError
from bigmodel_utils.training.pretrained import load_classifier
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class FitResult:
    """What a training did.

    `history` has a row per log point: step, epoch, examples, loss, validation_loss and validation_accuracy (NaN
    between checks), samples_per_second. `seconds` is the whole call, `samples_per_second` the training steps alone.
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
        return float(self.history.set_index("step")["validation_accuracy"].dropna()[self.best_step])

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


def joined(**fits: FitResult) -> pd.DataFrame:
    """Return the histories of trainings one below the other, led by a column `model`."""
    import pandas as pd

    return pd.concat({name: fit.history for name, fit in fits.items()}, names=["model", None]).reset_index("model")


def fit(
    start: Path,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    scenario: Scenario,
    settings: Training,
    out: Path,
    checkpoints: Path | None = None,
) -> FitResult:
    """Fine-tune the weights in folder `start` on `train` (text, label) and write the best model to folder `out`.

    The best model is the one with the lowest validation loss. With a folder `checkpoints`, a killed training goes on
    where it was when called again, to the same weights. Raises TrainingError for data that cannot be trained on or a
    loss that is no number, DeviceError when the device is missing or too small, WeightsError and CheckpointError.
    """
    import torch

    started = time.perf_counter()
    labels, name = scenario.task.labels, out.name
    _check(train, labels, "training")
    _check(validation, labels, "validation")
    device = choose()
    torch.manual_seed(scenario.seed)
    model, tokenizer = load_classifier(start, labels)
    _fits(model, scenario.model.max_tokens)
    data = [
        Labelled(encode(tokenizer, part["text"].tolist(), scenario.model.max_tokens), part["label"].to_numpy())
        for part in (train, validation)
    ]
    objective = Classification(*data, len(labels), settings)
    loop = Loop(model.to(device.kind), objective, settings, scenario.seed, device)
    keep = checkpoints and Keep(
        checkpoints / f"{name}.safetensors", _fingerprint(start, train, validation, scenario, settings, device.name)
    )
    course = loop.run(name, keep)
    _write(model, tokenizer, scenario.model.max_tokens, out)
    if keep:
        keep.path.unlink(missing_ok=True)
    import pandas as pd

    history = pd.DataFrame(course.history)
    examples = int(history["examples"].iloc[-1])
    return FitResult(
        folder=out,
        history=history,
        seconds=time.perf_counter() - started,
        samples_per_second=examples / course.seconds,
        examples=examples,
        steps=course.step,
        best_step=course.best_step,
        stopped_early=course.step < loop.steps,
        parameters=model.num_parameters(),
        trained_parameters=sum(p.numel() for p in loop.parameters.values()),
        device=device.name,
        notes=_notes(course.splits),
    )


def _notes(splits: int) -> tuple[Message, ...]:
    if splits == 1:
        return ()
    return (
        Message(
            "Memory ran out, so each batch was computed in {splits:integer} parts; the gradient of a batch is the same.",
            splits=splits,
        ),
    )


def _check(rows: pd.DataFrame, labels: list[str], split: str) -> None:
    """Refuse data without rows, with label indices out of range, or without one of the classes."""
    mend = "the market's data, label_map or split in the scenario"
    if rows.empty:
        raise TrainingError(f"{split} data without rows", "at least one row of each label", mend)
    strange = sorted(set(rows["label"].unique()) - set(range(len(labels))))
    if strange:
        raise TrainingError(f"label {strange[0]} in {split} data", f"0 to {len(labels) - 1}, for {', '.join(labels)}", mend)
    counts = rows["label"].value_counts()
    missing = [label for index, label in enumerate(labels) if index not in counts]
    if missing and split == "training":
        raise TrainingError(f"{split} data without any '{missing[0]}'", f"rows of every label: {', '.join(labels)}", mend)


def _fits(model: PreTrainedModel, max_tokens: int) -> None:
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest and max_tokens > longest:
        raise TrainingError(
            f"max_tokens = {max_tokens}", f"at most {longest}, the model's positions", "model.max_tokens of the scenario"
        )


def _fingerprint(
    start: Path, train: pd.DataFrame, validation: pd.DataFrame, scenario: Scenario, settings: Training, device: str
) -> str:
    """Return a hash of everything that the weights of this training depend on."""
    digest = hashlib.sha256()
    choices = [settings.model_dump(mode="json"), scenario.seed, scenario.task.labels, scenario.model.max_tokens, device]
    digest.update(json.dumps(choices, sort_keys=True).encode())
    for part in (train, validation):
        digest.update(part[["text", "label"]].to_json(orient="values").encode())
    for file in sorted(start.glob("*.safetensors")):
        digest.update(file_hash(file).encode())
    return digest.hexdigest()


def _write(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_tokens: int, out: Path) -> None:
    tokenizer.model_max_length = max_tokens  # so that whoever loads the folder cuts texts as in training
    model.to("cpu").eval().save_pretrained(out)
    tokenizer.save_pretrained(out)
