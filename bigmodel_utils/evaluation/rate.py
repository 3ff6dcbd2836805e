"""Measured speed of the model that would serve, and the machine it was measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import speed
from bigmodel_utils.evaluation.judgement import DATA, MODELS
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.units import Quantity

TEXTS = 600


@dataclass(frozen=True)
class Rate:
    """`figures`: samples_per_second, latency_p50|95|99_ms, peak_memory_gb. `machine`: device (cpu or a GPU's name), cores."""

    figures: dict[str, Quantity]
    machine: dict[str, Any]


def measure(run: Run) -> Rate:
    """Return how fast M_B answers texts of the target market on this machine."""
    import torch

    model = Classifier.load(run.path(MODELS, "model_b"))
    texts = run.table(DATA, "target_test")["text"].tolist()
    figures = {"samples_per_second": speed.throughput(model, texts[:TEXTS])}
    figures |= speed.latency(model, texts, run.scenario.evaluation.latency_requests)
    figures["peak_memory_gb"] = speed.peak_memory()
    device = "cpu" if model.device.kind == "cpu" else model.device.name
    return Rate(figures, {"device": device, "cores": torch.get_num_threads()})
