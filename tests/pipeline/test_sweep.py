"""Sweeps: what they ask for is checked first, every member is accounted for, and what members share is made once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_work import die_once, gone

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.messages import Message
from bigmodel_utils.pipeline import gpu_room, machine, pool, runner, sweep
from bigmodel_utils.report import comparison
from bigmodel_utils.report.drivers import drivers
from bigmodel_utils.units import Quantity

SPREAD = """
import sys
from slow_work import tell_and_wait
from bigmodel_utils.pipeline import pool
pool.spread(2, tell_and_wait, [1, 2], sys.argv[1])
"""
KEY = "assumptions.value_capture.mid"


def write(folder: Path, text: str) -> Path:
    path = folder / "try.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("scenarios: [smoke]\ngird: {seed: [1]}", "grid"),
        ("scenarios: []", "scenarios"),
        ("scenarios: [smok]", "smoke"),
        ("scenarios: [smoke]\ngrid: {sed: [1]}", "seed"),
        ("scenarios: [smoke]\ngrid: {seed: []}", "grid"),
        ("scenarios: [smoke]\ngrid: {seed: [1, -1]}", "seed"),
        ("a: [", "YAML"),
        ("scenarios: [smoke]\ngrid: {seed: 3}", "grid.seed = 3"),
        ("scenarios: [smoke]\nrandom: {count: 3}\nmembers: [{seed: 3}]", "a grid to draw from"),
    ],
)
def test_a_wrong_sweep_is_refused_before_anything_runs(workspace: Path, text: str, hint: str) -> None:
    with pytest.raises(BigModelError, match=hint):
        sweep.run(write(workspace, text))
    assert not (workspace / "data").exists()


def test_an_unknown_device_is_refused_once_and_not_by_every_member(workspace: Path) -> None:
    with pytest.raises(BigModelError, match="cuda"):
        sweep.run(write(workspace, "scenarios: [smoke]"), device="cud")
    assert not (workspace / "data").exists()


def test_the_first_member_of_a_gpu_sweep_may_fail_in_any_way(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Path:
        raise KeyError

    monkeypatch.setattr(runner, "run_chain", broken)
    assert sweep._one(sweep.Member("m01", "smoke", {}), workspace, "auto") == "KeyError"


def test_a_sweep_never_writes_over_the_report_of_a_scenario(workspace: Path) -> None:
    file = write(workspace, "scenarios: [smoke]").rename(workspace / "smoke.yml")
    with pytest.raises(sweep.SweepError, match="as a scenario is"):
        sweep.run(file)


def test_a_million_runs_ask_first(workspace: Path) -> None:
    values = ", ".join(map(str, range(1000)))
    with pytest.raises(sweep.SweepError, match="1,000,000"):
        sweep.run(write(workspace, f"scenarios: [smoke]\ngrid: {{seed: [{values}], decision.draws: [{values}]}}"))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 40), st.integers(0, 9))
def test_random_members_are_distinct_members_of_the_grid(sizes: list[int], count: int, seed: int) -> None:
    grid = {f"k{place}": list(range(size)) for place, size in enumerate(sizes)}
    drawn = sweep._overrides(sweep.Sweep(scenarios=["smoke"], grid=grid, random={"count": count, "seed": seed}))
    every = list(sweep._combinations(grid))
    assert len(drawn) == min(count, len(every))
    assert all(member in every for member in drawn)
    assert len({tuple(member.items()) for member in drawn}) == len(drawn)


def line(label: str, npv: float, scenario: str = "smoke", **overrides: object) -> dict:
    value = Quantity(mid=npv, low=npv - 9, high=npv + 9, unit="USD", origin="estimated", source="draws")
    share = Quantity(mid=0.8, unit="share", origin="measured", source="test rows")
    what = {"label": label, "title": scenario, "scenario": scenario, "overrides": overrides, "values": overrides, "units": {}}
    return what | {"verdict": "go" if npv > 0 else "stop", "probability": 0.5, "npv": value, "accuracy": share}


def test_a_process_that_is_killed_costs_no_other_member(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    found = pool.spread(2, die_once, [0, 1, 2, 3, 4], str(tmp_path))
    assert found[1] == str(machine.cores())  # the second time it had all cores
    assert {found[0], found[4]} <= {str(machine.cores()), str(max(1, machine.cores() // 2))}
    assert [type(found[place]).__name__ for place in (2, 3)] == ["BrokenProcessPool", "ValueError"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_sweep_that_started_it(sign: signal.Signals, tmp_path: Path) -> None:
    own = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    parent = subprocess.Popen([sys.executable, "-c", SPREAD, str(tmp_path)], env=own)
    notes = [tmp_path / f"{item}.pids" for item in (1, 2)]
    while not all(note.is_file() and note.read_text().endswith("\n") for note in notes):
        assert parent.poll() is None
        time.sleep(0.05)
    parent.send_signal(sign)
    parent.wait()
    for note in notes:
        gone(int(note.read_text()))


def test_as_many_runs_as_the_fullest_gpu_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\ncat $GPU_ROWS\n", encoding="utf-8")
    program.chmod(0o755)
    rows = tmp_path / "rows"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("GPU_ROWS", str(rows))
    rows.write_text("1000, 80000\n9000, 16000\n", encoding="utf-8")
    assert gpu_room._memory() == (9000, 16000)
    assert gpu_room.Seen(16000, 1000, 5000).runs(8) == 3  # 4,000 MiB each, of 13,400 that are free
    assert gpu_room.Seen(16000, 1000, 15900).runs(8) == 1
    rows.write_text("[N/A]\n", encoding="utf-8")
    with gpu_room.watched() as seen:
        assert seen.runs(8) == 8


@given(st.lists(st.sampled_from([0.2, 0.3]), min_size=2, max_size=12), st.floats(-1e6, 1e6), st.floats(1, 1e6))
def test_a_choice_that_decides_alone_explains_everything(values: list[float], base: float, step: float) -> None:
    found = drivers([line(f"m{n}", base + step * (value > 0.25), price=value, seed=n) for n, value in enumerate(values)])
    shares = {driver.name: driver.share for driver in found}
    if len(set(values)) > 1:
        assert shares["price"] == pytest.approx(1)
        assert found[0].best[1] - found[0].least[1] == pytest.approx(step, rel=1e-6, abs=1e-3)
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in shares.values())
    assert ("price" in shares) == (len(set(values)) > 1)


def test_the_page_tells_what_drives_the_difference_and_shows_every_member() -> None:
    lines = [
        line("m01", 100, price=1, wage=5),
        line("m02", 220, price=2, wage=5),
        line("m03", 90, price=1, wage=6),
        line("m04", -210, price=2, wage="<b>"),
        {**line("m05", 0, seed=3), "failure": "disk <full>"},
        {**line("m06", 0, "foundations"), "answer": Message("all hold")},
    ]
    for ended in lines[4:]:
        del ended["npv"]
    page = comparison.page("try", lines).main
    assert "5 of 6 runs finished" in page
    assert "4 runs: go in 3; stop in 1" in page
    assert "seed of chance: 3" in page
    assert "moves the value most" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "disk &lt;full&gt;" in page
    assert "all hold" in page
    assert page.count("points") >= 3
    assert "moves the value most" not in comparison.page("same", [line("m01", 5), line("m02", 5, seed=2)]).main


def test_members_share_what_they_do_not_change_and_failures_are_shown(smoke_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BIGMODEL_HOME": str(smoke_run), "BIGMODEL_BATCH": "1", "BIGMODEL_DEVICE": "auto"}.items():
        monkeypatch.setenv(name, value)
    text = f"scenarios: [smoke]\nmembers: [{{}}, {{{KEY}: 0.2}}, {{target_market.split.train: 900000}}]"
    folder, failed = sweep.run(write(smoke_run, text), jobs=2)
    assert failed == 1
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "2 of 3 runs finished" in page
    assert "share of the saving charged: 20%" in page
    assert "value_capture" not in page
    assert "900,000" in page or "900000" in page
    assert (folder / "m02" / "index.html").is_file()
    assert not (folder / "m03").exists()
    models = list(smoke_run.glob("data/runs/smoke/*/02_train_model/model_b/model.safetensors"))
    assert len({path.stat().st_ino for path in models}) == 1
