"""Training speed against the Hugging Face Trainer: texts per second over the same examples, seeds and epochs.

    python tests/benchmarks/bench_training.py [--rows 480] [--rounds 2] [--set KEY=INTEGER]

Peers: the Trainer at its defaults (batch 8, random order, every weight learns, float32) with the default collator of
padded batches; with our batch size and `train_sampling_strategy="group_by_length"`; and that again with everything else
alike too (frozen parts, bfloat16), which leaves only the loop to compare. All start from the same packaged weights and see
every row once. Rates are the best of the rounds, taken in turns because other work on the machine slows them; accuracy on
held-out rows is printed beside each, since a faster training that learns less is no gain.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pandas as pd

from bigmodel_utils import data, scenario
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.training import pretrained, trunk
from bigmodel_utils.training.batches import encode
from bigmodel_utils.training.classification import Classification, Labelled
from bigmodel_utils.training.device import choose
from bigmodel_utils.training.loop import Loop, trained


@dataclass
class Result:
    """Texts per second of the training steps, wall and per processor second, and accuracy after it."""

    rate: float
    per_cpu_second: float
    accuracy: float


def ours(start: Path, rows: pd.DataFrame, held_out: pd.DataFrame, chosen: scenario.Scenario) -> Result:
    import torch

    torch.manual_seed(chosen.seed)
    trunk.forget()  # every round does all of the work
    device = choose()
    model, tokenizer = _start(start, chosen)
    train, check = (
        Labelled(encode(tokenizer, part["text"].tolist(), chosen.model.max_tokens), part["label"].to_numpy())
        for part in (rows, held_out[:16])
    )
    loop = Loop(
        model.to(device.kind),
        Classification(train, check, len(chosen.task.labels), chosen.training),
        chosen.training,
        chosen.seed,
        device,
    )
    cpu, wall = time.process_time(), time.perf_counter()
    loop.run("bigmodel")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Result(len(rows) / wall, len(rows) / cpu, _accuracy(model, tokenizer, held_out))


def _start(start: Path, chosen: scenario.Scenario):
    model, tokenizer = pretrained.load_classifier(start, chosen.task.labels)
    tokenizer.model_max_length = chosen.model.max_tokens
    return model, tokenizer


def trainer(
    start: Path, rows: pd.DataFrame, held_out: pd.DataFrame, chosen: scenario.Scenario, freeze: bool = False, **arguments
) -> Result:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback, Trainer, TrainingArguments

    torch.manual_seed(chosen.seed)
    model, tokenizer = _start(start, chosen)
    if freeze:
        trained(model, chosen.training)
    dataset = Dataset.from_dict({**tokenizer(rows["text"].tolist(), truncation=True), "labels": rows["label"].tolist()})
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"save_strategy": "no", "report_to": [], "disable_tqdm": True, "logging_strategy": "no", "seed": chosen.seed}
        settings = TrainingArguments(
            output_dir=folder,
            num_train_epochs=1,
            use_cpu=choose().kind == "cpu",
            dataloader_pin_memory=False,
            **quiet,
            **arguments,
        )
        peer = Trainer(model=model, args=settings, train_dataset=dataset, processing_class=tokenizer)
        peer.remove_callback(PrinterCallback)
        cpu, wall = time.process_time(), time.perf_counter()
        peer.train()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Result(len(rows) / wall, len(rows) / cpu, _accuracy(model, tokenizer, held_out))


def _accuracy(model, tokenizer, rows: pd.DataFrame) -> float:
    answers = Classifier(model, tokenizer, choose()).probabilities(rows["text"])
    return float((answers.argmax(axis=1) == rows["label"]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=INTEGER", help="override of the scenario")
    options = parser.parse_args()
    overrides = {key: int(value) for key, _, value in (item.partition("=") for item in options.set)}
    chosen = scenario.load("reviews_us_to_cn", {"training.checks_per_epoch": 1, **overrides})
    market = data.prepare(chosen.source_market, chosen.task, chosen.seed)
    rows, held_out = market.train[: options.rows], market.validation
    start = pretrained.locate(chosen.model.weights)
    same = {
        "per_device_train_batch_size": chosen.training.batch_size,
        "learning_rate": chosen.training.learning_rate,
        "weight_decay": chosen.training.weight_decay,
        "warmup_steps": chosen.training.warmup_share,
    }
    alike = {**same, "train_sampling_strategy": "group_by_length", "freeze": True, "bf16": choose().bfloat16}
    runs = {
        "Trainer, defaults": lambda: trainer(start, rows, held_out, chosen),
        "Trainer, group_by_length": lambda: trainer(
            start, rows, held_out, chosen, train_sampling_strategy="group_by_length", **same
        ),
        "… frozen parts and bfloat16 too": lambda: trainer(start, rows, held_out, chosen, **alike),
        "bigmodel": lambda: ours(start, rows, held_out, chosen),
    }
    found = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            found[name].append(run())
    best = max(result.rate for result in found["bigmodel"])
    busy = max(result.per_cpu_second for result in found["bigmodel"])
    print(f"{len(rows)} texts, device {choose().name}, load average {os.getloadavg()[0]:.1f}")
    for name, results in found.items():
        rate, per_cpu = max(r.rate for r in results), max(r.per_cpu_second for r in results)
        accuracy = ", ".join(f"{r.accuracy:.4f}" for r in results)
        print(
            f"{name:30s} {rate:7.1f} texts/s (ours / theirs {best / rate:.2f})  {per_cpu:6.1f} texts per processor second "
            f"(ours / theirs {busy / per_cpu:.2f})  accuracy {accuracy}"
        )


if __name__ == "__main__":
    main()
