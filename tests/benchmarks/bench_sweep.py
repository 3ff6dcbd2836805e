"""A sweep of eight runs on two cores against a bare process pool that makes the same runs, in one run on one machine.

`python tests/benchmarks/bench_sweep.py [MEMBERS]`, about four minutes: each member is a whole run (notebook, pages,
manifest) of the first notebook of the smoke test, which needs no training. `apart`: no member shares a result with another,
so the sweep can only lose. `shared`: members differ in what the notebook never reads, so all but the first take its result
over. Both start where the scenario itself has run before; `new`: as `apart`, where nothing has, so that the first member's
notebook is waited for: a round of its own where a chain has one notebook, and one notebook's time where it has many.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from bigmodel_utils import paths, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import sweep
from bigmodel_utils.pipeline.runner import run_chain

NAME, STAGE, JOBS = "smoke", "01_prepare_data", 2
CHAIN = {"chain": [STAGE]}
KINDS = {"apart": "seed", "shared": "assumptions.team_usd_month.mid"}
FIRST = {"apart": 100, "shared": 15_000}


def member(home: str, key: str, value: int) -> None:
    """Make one run as a person would without sweeps: the same work, in a workspace of the pool."""
    os.environ |= {"BIGMODEL_HOME": home, "OMP_NUM_THREADS": "1"}
    run_chain(NAME, CHAIN | {key: value}, into=paths.reports() / f"pool_{value}")


def workspace(base: Path, name: str, used: bool) -> Path:
    """Return a workspace that reads the project's downloads, where the notebook has run before if `used`."""
    home = base / name
    (home / "data").mkdir(parents=True)
    (home / "data" / "raw").symlink_to(paths.PROJECT / "data" / "raw")
    if used:
        pooled(home, "seed", [1])
    return home


def pooled(home: Path, key: str, values: list[int]) -> float:
    start = time.perf_counter()
    with ProcessPoolExecutor(JOBS, get_context("spawn")) as pool:
        list(pool.map(member, [str(home)] * len(values), [key] * len(values), values))
    return time.perf_counter() - start


def swept(home: Path, key: str, values: list[int]) -> float:
    os.environ["BIGMODEL_HOME"] = str(home)
    file = home / "bench.yml"
    file.write_text(yaml.safe_dump({"scenarios": [NAME], "grid": {"chain": [[STAGE]], key: values}}), encoding="utf-8")
    start = time.perf_counter()
    sweep.run(file, jobs=JOBS)
    return time.perf_counter() - start


def figures(home: Path, key: str, value: int) -> dict[str, float]:
    """Return what a run found, without what is timed anew."""
    os.environ["BIGMODEL_HOME"] = str(home)
    found = Run(scenario.load(NAME, CHAIN | {key: value})).figures(STAGE)
    return {name: figure.mid for name, figure in found.items() if figure.unit not in {"seconds", "milliseconds"}}


def main() -> None:
    """Print both times and their ratio, after the figures of every run were found equal."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        for kind, key in KINDS.items():
            values = [FIRST[kind] + number for number in range(count)]
            pool = workspace(base, f"{kind}_pool", used=True)
            alone = pooled(pool, key, values)
            for used in (True, False) if kind == "apart" else (True,):
                home = workspace(base, f"{kind}_{used}", used)
                ours = swept(home, key, values)
                for value in values:
                    found = [json.dumps(figures(each, key, value), sort_keys=True) for each in (pool, home)]
                    assert found[0] == found[1], f"{kind}: the figures of {key} = {value} differ"
                name = kind if used else "new"
                print(
                    f"{name:<7} {count} runs, {JOBS} at a time: pool {alone:6.1f} s, sweep {ours:6.1f} s, ratio {ours / alone:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
