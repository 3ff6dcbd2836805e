"""A served model under steady load below saturation: no request may fail, and memory must not grow.

    python tests/benchmarks/bench_soak.py FOLDER [--minutes 10] [--share 0.5] [--rate REQUESTS_PER_SECOND]

FOLDER is a served model (`04_deploy_model/served` of a run). Without --rate, a crowd of waiting clients first finds how much the
server answers at most; `--share` of that arrives at random moments for `--minutes`, told minute by minute.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from bigmodel_utils import data, scenario
from bigmodel_utils.deployment import load, traffic

_PART_S = 60.0


def soak(folder: Path, texts: list[str], minutes: float, share: float, rate: float | None) -> int:
    """Print what each minute brought, and return how many requests failed."""
    failed, requests, memory = 0, 0, []
    with traffic.started(folder, load.BATCHED) as address:
        target = traffic.Target.of(address, texts)
        offered = rate or share * max(traffic.busiest(target, 2.0) for _ in range(2))
        left, seed = 60 * minutes, 0
        while left > 0:
            step = traffic.offered(target, offered, min(left, _PART_S), seed)
            failed, requests = failed + round(step.errors * step.requests), requests + step.requests
            memory.append(step.peak_memory_mb)
            print(
                f"{step.requests:6d} requests at {offered:6.1f}/s: p50 {step.p50_ms:5.0f}, p95 {step.p95_ms:5.0f}, p99 {step.p99_ms:5.0f} ms, "
                f"{memory[-1]:5.0f} MB, {failed} failed so far",
                flush=True,
            )
            left, seed = left - _PART_S, seed + 1
    print(f"{failed} of {requests} requests failed in {minutes:g} minutes; memory {memory[0]:.0f} to {memory[-1]:.0f} MB")
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--share", type=float, default=0.5, help="of what a crowd of waiting clients gets answered")
    parser.add_argument("--rate", type=float, help="requests per second, instead of --share")
    options = parser.parse_args()
    chosen = scenario.load("reviews_us_to_cn")
    texts = data.prepare(chosen.target_market, chosen.task, chosen.seed).test["text"].tolist()[:200]
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    raise SystemExit(soak(options.folder, texts, options.minutes, options.share, options.rate) > 0)


if __name__ == "__main__":
    main()
