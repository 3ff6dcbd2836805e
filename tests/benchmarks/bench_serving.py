"""The served model under load: start to first answer, and answering together against one by one.

    python tests/benchmarks/bench_serving.py FOLDER [--limit 250] [--seconds 3] [--starts 3]

FOLDER is a served model (`04_deploy_model/served` of a run). Before any rate is printed, the answers over HTTP are compared
with those of the model in this process. Both servers run at once and are worked in turn, on the same texts and machine. What the
model gains from batches without any server is the ceiling of what a server can gain from them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from bigmodel_utils import data, scenario
from bigmodel_utils.choices import Deployment
from bigmodel_utils.deployment import load, traffic
from bigmodel_utils.deployment.runtime import Runtime

BATCHES = (1, 8, 16, 32)


def ask(address: str, texts: list[str]) -> np.ndarray:
    """Return probabilities (texts, labels) that the server at `address` answers."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("POST", "/predict", json.dumps({"text": texts}), {"content-type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    if "error" in answer:
        raise SystemExit(f"the server refused {len(texts)} texts: {answer['error']}")
    return np.array([list(row["probabilities"].values()) for row in answer["predictions"]])


def start(folder: Path, texts: list[str], times: int) -> None:
    """Print seconds from the command to the first answer, and whether the answers are those of the model itself."""
    runtime, took = Runtime.load(folder), []
    for _ in range(times):
        began = time.perf_counter()
        with traffic.started(folder, load.BATCHED) as address:
            ask(address, texts[:1])
            took.append(time.perf_counter() - began)
            over_http = np.vstack([ask(address, texts[i : i + 5]) for i in range(0, len(texts), 5)])
    here = runtime.probabilities(texts)
    same = int((here.argmax(axis=1) == over_http.argmax(axis=1)).sum())
    print(f"start to first answer: {min(took):.1f} s at best, {max(took):.1f} s at worst of {times}")
    print(f"{same} of {len(texts)} labels equal to the model's own; largest difference {np.abs(here - over_http).max():.1e}")


def ceiling(folder: Path, texts: list[str]) -> None:
    """Print how many texts a second the model answers in this process, in batches of several sizes, without a server."""
    runtime, rates = Runtime.load(folder), {}
    for size in BATCHES:
        batches = [texts[i : i + size] for i in range(0, len(texts), size)]
        for _ in range(2):  # the first prepares kernels
            began = time.perf_counter()
            for batch in batches:
                runtime.probabilities(batch)
            rates[size] = len(texts) / (time.perf_counter() - began)
    told = ", ".join(f"{rate:.1f} in batches of {size} (×{rate / rates[1]:.2f})" for size, rate in rates.items())
    print(f"the model without a server, texts a second: {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=float, default=250.0, help="milliseconds that 95 of 100 requests may take")
    parser.add_argument("--seconds", type=float, default=3.0, help="per rate")
    parser.add_argument("--starts", type=int, default=3)
    options = parser.parse_args()
    chosen = scenario.load("reviews_us_to_cn")
    texts = data.prepare(chosen.target_market, chosen.task, chosen.seed).test["text"].tolist()[:100]
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    start(options.folder, texts, options.starts)
    ceiling(options.folder, texts)
    found = load.measure(options.folder, texts, Deployment(latency_p95_ms=options.limit, load_seconds=options.seconds), seed=7)
    print(found.frame.round(1).to_string(index=False))
    ratio = found.sustained.mid / found.alone.mid if found.alone.mid else float("nan")
    print(
        f"within {options.limit:g} ms: {found.sustained.mid:.1f} requests/s together, {found.alone.mid:.1f} one by one, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
