"""The menu's forms of M_B against float32 PyTorch, and torch's own dynamic int8 as a peer, in one process.

    python tests/benchmarks/bench_compression.py [SCENARIO] [--rows 2400] [--forms bfloat16 trimmed int8]

Needs a finished notebook 02. Throughput is compared part by part in turn, latency one text at a time, accuracy in pairs: a form
whose interval holds zero has not been shown to lose anything.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.deployment import frontier
from bigmodel_utils.deployment.menu import BASELINE, MENU
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.deployment.variants import Workshop
from bigmodel_utils.scenario import DATA
from bigmodel_utils.training.batches import Encoded

REQUESTS, PEER_TEXTS, ROUNDS = 40, 96, 3
ALIKE = 0.85  # share of texts that the peer labels as float32 does


def compare(run: Run, workshop: Workshop, forms: list[str], rows: int) -> None:
    """Print what every form loses and gains against float32 on the first `rows` test rows."""
    import torch

    test = run.table(DATA, "target_test").head(rows)
    made = {name: workshop.build(MENU[name]) for name in (BASELINE, *forms)}
    found = frontier.measure(made, test["text"].tolist(), REQUESTS, torch.get_num_threads())
    table = frontier.table(found, BASELINE, test["label"].to_numpy(), run.scenario.evaluation, run.scenario.seed)
    base = table.iloc[0]
    print(
        f"{len(test)} test rows, {REQUESTS} of them one by one; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )
    for row in table.to_dict("records"):
        print(
            f"{row['variant']:16s} {row['rate']:7.1f} texts/s  throughput ×{row['speedup']:.2f}  "
            f"latency ×{base['latency_p50_ms'] / row['latency_p50_ms']:.2f} ({row['latency_p50_ms']:.1f} ms)  "
            f"{100 * row['difference']:+.2f} points ({100 * row['difference_low']:+.2f} to {100 * row['difference_high']:+.2f}), "
            f"p = {row['p_value']:.2f}  {row['size_mb']:.0f} MB"
        )


def against_torch(run: Run, workshop: Workshop) -> None:
    """Print texts per processor second of ONNX int8 and of torch's own dynamic quantisation, after both labelled the same texts."""
    texts = run.table(DATA, "target_test")["text"].tolist()[:PEER_TEXTS]
    expected = Runtime.load(workshop.source).probabilities(texts).argmax(axis=1)
    rates = {}
    for name, runtime in {"ours": Runtime.load(workshop.build(MENU["int8"])), "torch": torch_int8(workshop)}.items():
        alike = float((runtime.probabilities(texts).argmax(axis=1) == expected).mean())
        assert alike >= ALIKE, f"int8 of {name} labels only {alike:.0%} of the texts as float32 does"
        rates[name] = max(_rate(runtime, texts) for _ in range(ROUNDS))
        print(f"int8 of {name:6s} {rates[name]:7.1f} texts/CPU-s, {alike:.1%} of labels as float32")
    print(f"int8: ours / torch's own = {rates['ours'] / rates['torch']:.2f}")


def _rate(runtime: Runtime, texts: list[str]) -> float:
    started = time.process_time()
    runtime.probabilities(texts)
    return len(texts) / (time.process_time() - started)


def torch_int8(workshop: Workshop) -> Runtime:
    """Return the peer: torch's dynamic quantisation of every linear layer of M_B."""
    import torch
    from transformers import AutoModelForSequenceClassification

    base = Runtime.load(workshop.source)
    model = AutoModelForSequenceClassification.from_pretrained(workshop.source).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)

    def forward(encoded: Encoded, rows: np.ndarray) -> np.ndarray:
        ids, mask = encoded.batch(rows)
        with torch.inference_mode():
            return small(input_ids=ids, attention_mask=mask).logits.numpy()

    return replace(base, forward=forward)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", nargs="?", default="reviews_us_to_cn")
    parser.add_argument("--rows", type=int, default=2400)
    parser.add_argument(
        "--forms", nargs="*", choices=[name for name in MENU if name != BASELINE], default=["bfloat16", "trimmed", "int8"]
    )
    options = parser.parse_args()
    run = Run(scenario.load(options.scenario))
    with tempfile.TemporaryDirectory() as room:
        workshop = Workshop(run, Path(room))
        compare(run, workshop, options.forms, options.rows)
        against_torch(run, workshop)


if __name__ == "__main__":
    main()
