"""Batch prediction against `transformers.pipeline` at its defaults: texts per second at equal labels.

    python tests/benchmarks/bench_prediction.py [MODEL_FOLDER] [--rows 240] [--rounds 3]

Without a folder, a model is trained on a few texts of the default scenario first. Both sides get the same texts, cut to
the same length, and their labels are compared before any rate is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from bigmodel_utils import data, scenario
from bigmodel_utils.evaluation.predict import Classifier
from bigmodel_utils.training import pretrained
from bigmodel_utils.training.device import choose
from bigmodel_utils.training.fit import fit


def rate(predict: Callable[[list[str]], list[str]], texts: list[str]) -> tuple[float, float, list[str]]:
    """Return texts per second of wall and of processor time, and the labels."""
    cpu, wall = time.process_time(), time.perf_counter()
    labels = predict(texts)
    return len(texts) / (time.perf_counter() - wall), len(texts) / (time.process_time() - cpu), labels


def compare(folder: Path, texts: list[str], rounds: int) -> None:
    from transformers import pipeline

    model = Classifier.load(folder)
    peer = pipeline("text-classification", model=str(folder), device="cpu" if choose().kind == "cpu" else 0)
    sides = {
        "transformers.pipeline": lambda texts: [answer["label"] for answer in peer(texts, truncation=True)],
        "bigmodel": lambda texts: [model.labels[i] for i in model.probabilities(texts).argmax(axis=1)],
    }
    for predict in sides.values():
        predict(texts[:8])
    found = {name: [rate(predict, texts) for _ in range(rounds)] for name, predict in sides.items()}
    same = sum(a == b for a, b in zip(*(results[0][2] for results in found.values()), strict=True))
    print(
        f"{len(texts)} texts, device {choose().name}, load average {os.getloadavg()[0]:.1f}; {same} of {len(texts)} labels equal"
    )
    best = {name: (max(r[0] for r in results), max(r[1] for r in results)) for name, results in found.items()}
    for name, (wall, cpu) in best.items():
        ratios = best["bigmodel"][0] / wall, best["bigmodel"][1] / cpu
        print(
            f"{name:24s} {wall:7.1f} texts/s (ours / theirs {ratios[0]:.2f})  {cpu:7.1f} per processor second ({ratios[1]:.2f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    chosen = scenario.load("reviews_us_to_cn", {"training.checks_per_epoch": 1})
    market = data.prepare(chosen.target_market, chosen.task, chosen.seed)
    texts = market.test["text"].tolist()[: options.rows]
    if options.folder:
        compare(options.folder, texts, options.rounds)
        return
    with tempfile.TemporaryDirectory() as aside:
        start = pretrained.locate(chosen.model.weights)
        fit(start, market.train[:160], market.validation[:40], chosen, chosen.training, Path(aside) / "model")
        compare(Path(aside) / "model", texts, options.rounds)


if __name__ == "__main__":
    main()
