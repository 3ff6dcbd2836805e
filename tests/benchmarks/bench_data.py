"""The data room as a whole: time of the default markets, memory against rows, and what a careless split would claim.

python tests/benchmarks/bench_data.py [ROWS ...]        # rows of the memory test; default 100000 1000000 10000000
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bigmodel_utils.choices import Market
from bigmodel_utils.data import prepare, sources
from bigmodel_utils.scenario import load

READ = """
import resource, sys, time
from bigmodel_utils.data import sources
from bigmodel_utils.choices import Market
started = time.perf_counter()
raw = sources.read(Market.model_validate_json(sys.argv[1]), 7)
print(raw.account.raw, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def memory(counts: list[int]) -> pd.DataFrame:
    """Return rows, seconds and peak memory in MB of reading short rows, each in a process of its own."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        for count in counts:
            with path.open("w", encoding="utf-8") as file:
                file.write("text,label\n")
                file.writelines(f"short review number {n} was fine,{'good' if n % 2 else 'bad'}\n" for n in range(count))
            data = {"origin": f"file:{path}", "label_map": {"bad": "negative", "good": "positive"}}
            split = {"train": 40, "validation": 20, "test": 20}
            market = Market.model_validate({"country": "USA", "language": "en", "data": data, "split": split})
            command = [sys.executable, "-c", READ, market.model_dump_json()]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows, seconds, peak = map(float, done.stdout.split())
            results.append((int(rows), seconds, peak, path.stat().st_size / 1e6))
    table = pd.DataFrame(results, columns=["rows", "seconds", "peak MB", "file MB"])
    return table.assign(ratio=table["peak MB"] / table["peak MB"].iloc[0])


def rival(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Return the accuracy of TF-IDF characters and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True), LogisticRegression(C=4))
    return float((model.fit(train["text"], train["label"]).predict(test["text"]) == test["label"]).mean())


def leakage() -> dict[str, tuple[int, float]]:
    """Return (training rows, accuracy on 2,400 test rows) of the target market by split: all that each split leaves."""
    scenario = load("reviews_us_to_cn", {"target_market.split": {"train": 14_000, "validation": 400, "test": 2400}})
    ours = prepare(scenario.target_market, scenario.task, scenario.seed)
    raw = sources.read(scenario.target_market, scenario.seed).frame
    raw = raw[raw["text"].str.strip() != ""].assign(label=lambda f: (f["label"] == "positive").astype(int))
    order = np.random.default_rng(0).permutation(len(raw))
    test, train = raw.iloc[order[:2400]], raw.iloc[order[2400:]]
    return {"random split": (len(train), rival(train, test)), "ours": (len(ours.train), rival(ours.train, ours.test))}


def main() -> None:
    counts = [int(n) for n in sys.argv[1:]] or [100_000, 1_000_000, 10_000_000]
    print(
        memory(counts).to_string(index=False, float_format=lambda x: f"{x:,.2f}")
    )  # first: a child's peak starts at its parent's
    scenario = load("reviews_us_to_cn")
    for name in ("source_market", "target_market"):
        started = time.perf_counter()
        prepared = prepare(getattr(scenario, name), scenario.task, scenario.seed)
        print(f"{name}: {prepared.counts['raw']} rows prepared in {time.perf_counter() - started:.1f} s")
    for split, (rows, accuracy) in leakage().items():
        print(f"TF-IDF rival, {split}: accuracy {accuracy:.3f} after {rows} training rows")


if __name__ == "__main__":
    main()
