"""The variants of the menu, built from M_B: each step makes a folder from a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bigmodel_utils.artifacts import Run
from bigmodel_utils.deployment import distillation, onnx_export, pruning, vocabulary
from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.deployment.menu import BASELINE, MENU
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.scenario import DATA, MODELS
from bigmodel_utils.training.device import Device, choose
from bigmodel_utils.training.pretrained import silence

_WATCHED = 64  # texts on which layers and neurons are weighed


class VariantError(BigModelError):
    """A name that is not on the menu."""


class Workshop:
    """Builds the variants of a run's M_B in the folder `room`; what two variants share is built once."""

    def __init__(self, run: Run, room: Path) -> None:
        self.scenario, self.source, self._room = run.scenario, run.path(MODELS, "model_b"), room
        parts = (run.table(DATA, f"target_{part}")["text"].tolist() for part in ("train", "validation"))
        self.train, self.validation = parts

    def offered(self) -> dict[str, tuple[str, ...]]:
        """Return the scenario's variants with their steps, the baseline first; raises VariantError for a name not on the menu.

        What this model or machine cannot have, or has already under another name, is left out: see `left_out`.
        """
        for name in self._wanted:
            if name not in MENU:
                raise VariantError(f"variant '{name}'", nearest(name, MENU), "deployment.variants of the scenario")
        possible = self._possible(choose())
        return {name: steps for name, steps in possible.items() if name == BASELINE or name in self._wanted}

    @property
    def left_out(self) -> list[str]:
        """The variants of the scenario that are not on offer here."""
        here = self.offered()
        return [name for name in self._wanted if name not in here]

    @property
    def _wanted(self) -> list[str]:
        return self.scenario.deployment.variants or list(MENU)

    def _possible(self, device: Device) -> dict[str, tuple[str, ...]]:
        """Return what this model and machine can have; steps that gain nothing here are left out of a variant."""
        idle = set() if device.bfloat16 else {"bfloat16"}
        idle |= set() if vocabulary.can_trim(self.source) else {"trim"}
        barred = set() if pruning.can_narrow(self.source) else {"narrow"}
        barred |= set() if self.scenario.deployment.distillation_epochs else {"distil"}
        barred |= {"onnx"} if device.kind == "cuda" else set()  # its runtime here computes on the CPU
        found: dict[str, tuple[str, ...]] = {}
        for name, steps in MENU.items():
            left = tuple(step for step in steps if step not in idle)
            if not barred & set(left) and left not in found.values():
                found[name] = left
        return found

    def build(self, steps: tuple[str, ...]) -> Path:
        """Return the folder that `steps` lead to from M_B, sealed."""
        if not steps:
            return self.source
        out = self._room / "-".join(steps)
        if not out.exists():
            self._take(steps[-1], self.build(steps[:-1]), out)
            folders.seal(out)
        return out

    def _take(self, step: str, source: Path, out: Path) -> None:
        watched = self.validation[:_WATCHED]
        makers: Mapping[str, Callable[[], None]] = {
            "bfloat16": lambda: halved(source, out),
            "trim": lambda: vocabulary.trimmed(source, self.train, out),
            "sparse": lambda: pruning.sparse(source, out),
            "narrow": lambda: pruning.narrow(source, watched, out),
            "shallow": lambda: pruning.shallow(source, watched, out),
            "distil": lambda: self._distil(source, out),
            "onnx": lambda: onnx_export.exported(source, out),
            "int8": lambda: onnx_export.quantised(source, out),
        }
        makers[step]()

    def _distil(self, student: Path, out: Path) -> None:
        teacher = self.build(("trim",)) if vocabulary.can_trim(self.source) else self.source
        settings = self.scenario.adaptation.model_copy(
            update={
                "epochs": self.scenario.deployment.distillation_epochs,
                "checks_per_epoch": 1,
                "frozen_layers": 0,
                "anchor": 0.0,
            }
        )
        distillation.distilled(student, teacher, self.train, self.validation, settings, self.scenario.seed, out)


def halved(source: Path, out: Path) -> None:
    """Write the model with its weights in bfloat16, in which it is then computed: half the bytes, and matrix units."""
    import torch
    from transformers import AutoModelForSequenceClassification

    silence()
    out.mkdir(parents=True)
    folders.copy_beside(source, out)
    model = AutoModelForSequenceClassification.from_pretrained(source, use_safetensors=True)
    model.to(torch.bfloat16).save_pretrained(out)
