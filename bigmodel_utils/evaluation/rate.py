"""Measured speed of the model that would serve, what it needs, and the machine it was measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import energy, speed
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.scenario import DATA, MODELS
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

TEXTS = 240
ROUNDS = 3
BATCHES = (1, 8, 32)
REQUESTS = 8  # at most, of each batch larger than one: a quarter of those with one text


@dataclass(frozen=True)
class Rate:
    """`figures`: samples_per_second, latency_p50|95|99_ms, peak_memory_gb, flop_per_text, matrix_flop_per_second, mfu,
    kwh_per_million. `batches`: batch, p50_ms, p95_ms, p99_ms, texts_per_second. `machine`: device (cpu or a GPU's name), cores.
    """

    figures: dict[str, Quantity]
    batches: pd.DataFrame
    machine: dict[str, Any]


def measure(run: Run) -> Rate:
    """Return how fast M_B answers texts of the target market on this machine, and what that takes."""
    import pandas as pd
    import torch

    model = Classifier.load(run.path(MODELS, "model_b"))
    texts, requests = run.table(DATA, "target_test")["text"].tolist(), run.scenario.evaluation.latency_requests
    kind, cores = model.device.kind, torch.get_num_threads()
    some, found = texts[:TEXTS], {}
    matrix = speed.matrix_rate(model.device)
    spent = energy.of(lambda: found.update(rate=speed.throughput(model, some, ROUNDS)), kind, cores)
    read = len(some) * ROUNDS + min(len(some), speed.WARM_UP_TEXTS)
    figures = {"samples_per_second": found["rate"], **speed.latency(model, texts, requests)}
    figures |= {"peak_memory_gb": speed.peak_memory(), "flop_per_text": speed.operations_by_shape(model, some)}
    again = speed.matrix_rate(model.device)  # before and after, as other work on the machine comes and goes
    figures["matrix_flop_per_second"] = max(matrix, again, key=lambda rate: rate.mid)
    figures["mfu"] = speed.utilisation(found["rate"], figures["flop_per_text"], figures["matrix_flop_per_second"])
    figures["kwh_per_million"] = spent.scaled(1e6 / read, "kWh per million texts")
    several = speed.by_batch(model, texts, BATCHES[1:], min(REQUESTS, -(-requests // 4)))
    batches = pd.concat([_alone(figures, requests), several], ignore_index=True)
    return Rate(figures, batches, {"device": model.device.reported, "cores": cores})


def _alone(figures: dict[str, Quantity], requests: int) -> pd.DataFrame:
    """Return the row of one text at a time, whose waits are measured already."""
    import pandas as pd

    waits = {f"p{percent}_ms": figures[f"latency_p{percent}_ms"].mid for percent in speed.PERCENTILES}
    return pd.DataFrame([{"batch": 1, **waits, "texts_per_second": 1000 / waits["p50_ms"], "n": requests}])
