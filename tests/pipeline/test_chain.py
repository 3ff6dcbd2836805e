"""The whole chain on the smoke scenario, through the command that users run; and what happens when it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run

PROJECT = Path(__file__).parents[2]
AGAINST_ITSELF = """[{between: [value_capture, long_run_share], value: 0.9},
 {between: [value_capture, eligible_share], value: 0.9}, {between: [long_run_share, eligible_share], value: -0.9}]"""


def bigmodel(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bigmodel_utils.cli", *words]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "BIGMODEL_HOME": str(home)}, check=False, timeout=3000
    )


@pytest.fixture
def run(smoke_run: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BIGMODEL_HOME", str(smoke_run))
    return Run(scenario.load("smoke"))


def test_every_stage_finishes_and_is_kept_as_a_notebook(run: Run) -> None:
    for stage in run.stages:
        assert run.is_done(stage)
        executed = nbformat.read(run.folder / "notebooks" / f"{stage}.ipynb", as_version=4)
        assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code" and cell.source.strip())


def test_artifacts_match_their_hashes(run: Run) -> None:
    from bigmodel_utils.artifacts import DONE, file_hash

    for stage in run.stages:
        folder = run.folder / stage
        recorded = json.loads((folder / DONE).read_text())["files"]
        assert {name: file_hash(folder / name) for name in recorded} == recorded


def test_every_headline_figure_knows_its_origin(run: Run) -> None:
    figures = {name: q for stage in run.stages[:-1] for name, q in run.figures(stage).items()}
    assert len(figures) >= 30
    assert all(q.source for q in figures.values())
    assert {q.origin for q in figures.values()} >= {"measured", "estimated"}


def test_no_path_of_this_machine_in_any_text(run: Run, smoke_run: Path) -> None:
    texts = [
        p for base in (run.folder, smoke_run / "reports") for p in base.rglob("*") if p.suffix in {".json", ".ipynb", ".html"}
    ]
    assert len(texts) > 20
    for path in texts:
        content = path.read_text(encoding="utf-8")
        assert str(PROJECT) not in content, path.name
        assert str(smoke_run) not in content, path.name


def test_the_verdict_follows_from_the_chance_of_gain(run: Run) -> None:
    decision, rule = run.json("08_decide", "decision"), run.scenario.decision
    chance = decision["probability"]
    assert decision["verdict"] == ("go" if chance >= rule.go_at else "stop" if chance < rule.stop_at else "wait")
    assert chance == pytest.approx(run.figures("06_estimate_value")["probability_of_gain"].mid)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "smok"], "'smoke'"),
        (["run", "smoke", "--set", "sed=3"], "'seed'"),
        (["run", "smoke", "--set", "seed"], "key=value"),
        (["run", "smoke", "--from", "3x"], "03_evaluate_model"),
        (["run", "smoke", "--from", "06", "--set", "seed=11"], "01_prepare_data"),
        (["run", "smoke", "--device", "gpu"], "cuda"),
        (["run", "smoke", "--set", f"correlations={AGAINST_ITSELF}"], "positive definite"),
        (["check", "smoke", "--set", "decision.go_at=7"], "go_at"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(tmp_path: Path, words: list[str], expected: str) -> None:
    done = bigmodel(*words, home=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["given", "allowed", "mend"]
    assert not list(tmp_path.rglob("*.ipynb"))


def test_cuda_without_a_gpu_is_refused(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    done = bigmodel("run", "smoke", "--device", "cuda", home=tmp_path)
    assert done.returncode == 2
    assert "no GPU" in done.stderr


def test_too_little_disk_is_refused_before_anything_runs(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        done = bigmodel("run", "smoke", home=tmp_path)
        assert done.returncode == 2
        assert "at least 3 GB" in done.stderr
        assert not list(tmp_path.rglob("*.json"))
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_second_run_at_the_same_time_is_refused(smoke_run: Path) -> None:
    from filelock import FileLock

    folder = smoke_run / "data/runs/smoke" / scenario.load("smoke").hash
    with FileLock(folder / ".lock"):
        done = bigmodel("run", "smoke", home=smoke_run)
    assert done.returncode == 2
    assert "one at a time" in done.stderr


def test_a_run_that_changes_nothing_starts_no_kernel(smoke_run: Path) -> None:
    report = smoke_run / "reports" / "smoke" / "index.html"
    before = report.stat().st_mtime_ns
    done = bigmodel("run", "smoke", home=smoke_run)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["kept"] * len(scenario.CHAIN)
    assert report.stat().st_mtime_ns == before


def test_a_changed_price_trains_nothing_again(smoke_run: Path) -> None:
    done = bigmodel("run", "smoke", "--set", "assumptions.team_usd_month.mid=16000", home=smoke_run)
    assert done.returncode == 0, done.stderr
    kept = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("kept")]
    assert kept == [stage for stage in scenario.CHAIN if stage not in ("06_estimate_value", "08_decide")]


def test_a_failed_run_shows_the_cell_and_keeps_the_earlier_report(smoke_run: Path) -> None:
    report = smoke_run / "reports" / "smoke" / "index.html"
    before = report.read_bytes()
    done = bigmodel(
        "run", "smoke", "--set", "target_market.split.train=910000", home=smoke_run
    )  # a sweep beside asks for 900000
    assert done.returncode == 2
    assert "01_prepare_data, cell" in done.stderr
    assert "910" in done.stderr
    assert report.read_bytes() == before
    assert list(smoke_run.glob("data/runs/smoke/*/notebooks/01_prepare_data.failed.ipynb"))


def test_a_chain_from_a_later_stage_reuses_the_earlier_ones(smoke_run: Path) -> None:
    first = smoke_run / "reports" / "smoke" / "index.html"
    before = first.stat().st_mtime_ns
    done = bigmodel("run", "smoke", "--from", "08", home=smoke_run)
    assert done.returncode == 0, done.stderr
    assert first.stat().st_mtime_ns > before
    assert "done   08_decide" in done.stderr
    assert "01_prepare_data" not in done.stderr
