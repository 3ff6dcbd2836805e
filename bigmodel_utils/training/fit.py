"""Fine-tune a text classifier: from pretrained weights to M_A, from M_A to M_B. Leaves a plain Transformers folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.choices import Training
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.training import distributed
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.classification import Classification, Labelled
from bigmodel_utils.training.finetune import FitResult, Start, content_hash, finetune, fits
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.pretrained import load_classifier

if TYPE_CHECKING:
    import pandas as pd


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
    watch: Callable[[float], None] | None = None,
) -> FitResult:
    """Fine-tune the weights in folder `start` on `train` (text, label) and write the best model to folder `out`.

    The best model is the one with the lowest validation loss. With a folder `checkpoints`, a killed training goes on
    where it was when called again, to the same weights. `watch` as in `finetune`; several processes are not watched.
    Raises TrainingError for data that cannot be trained on or a loss that is no number, DeviceError when the device is
    missing or too small, WeightsError and CheckpointError.
    """
    import torch

    labels = scenario.task.labels
    _check(train, labels, "training")
    _check(validation, labels, "validation")
    if distributed.launches(settings):
        return distributed.launch("fit", start, train, validation, scenario, settings, out, checkpoints)
    torch.manual_seed(scenario.seed)
    model, tokenizer = load_classifier(start, labels)
    fits(model, scenario.model.max_tokens)
    data = [
        Labelled(encode(tokenizer, part["text"].tolist(), scenario.model.max_tokens), part["label"].to_numpy())
        for part in (train, validation)
    ]
    objective = Classification(*data, len(labels), settings)
    told = content_hash([part[["text", "label"]].to_json(orient="values") for part in (train, validation)])
    return finetune(Start(model, tokenizer, start, told), objective, scenario, settings, out, checkpoints, watch=watch)


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
