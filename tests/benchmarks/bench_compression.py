"""The menu's forms of M_B against float32 PyTorch, and ONNX int8 against torch's own dynamic int8, in one process.

Run: `bigmodel run smoke`, then `python tests/benchmarks/bench_compression.py [SCENARIO] [VARIANT …]`.
Needs a finished notebook 02. Every form must first give the label of float32 to nearly all texts.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.deployment.menu import BASELINE, MENU
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.deployment.variants import DATA, Workshop
from bigmodel_utils.training.batches import Encoded

TEXTS, ROUNDS = 96, 3
ALIKE = 0.85  # share of texts labelled as by float32; forms that lose layers without being taught again may differ more
DEFAULT = ("bfloat16", "trimmed", "int8")


def rate(runtime: Runtime, texts: list[str]) -> float:
    """Return texts per CPU-second, the fastest of the rounds: what else runs on the machine matters less to it."""
    runtime.probabilities(texts)
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        runtime.probabilities(texts)
        spent.append(time.process_time() - started)
    return len(texts) / min(spent)


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


def compare(run: Run, workshop: Workshop, wanted: Sequence[str]) -> None:
    texts = run.table(DATA, "target_test")["text"].tolist()[:TEXTS]
    baseline = Runtime.load(workshop.source)
    expected, slow = baseline.probabilities(texts).argmax(axis=1), rate(baseline, texts)
    print(f"{BASELINE:16s} {slow:8.1f} texts/CPU-s")
    readers = {variant: lambda steps=MENU[variant]: Runtime.load(workshop.build(steps)) for variant in wanted}
    readers["torch int8"] = lambda: torch_int8(workshop)
    for variant, load in readers.items():
        runtime = load()
        alike = float((runtime.probabilities(texts).argmax(axis=1) == expected).mean())
        assert alike >= ALIKE, f"{variant} labels only {alike:.0%} of the texts as float32 does"
        fast = rate(runtime, texts)
        print(f"{variant:16s} {fast:8.1f} texts/CPU-s   ×{fast / slow:.2f} of float32   {alike:.1%} of labels alike")


def main() -> None:
    name, *wanted = sys.argv[1:] or ["smoke"]
    run = Run(scenario.load(name))
    with tempfile.TemporaryDirectory() as room:
        compare(run, Workshop(run, Path(room)), wanted or DEFAULT)


if __name__ == "__main__":
    main()
