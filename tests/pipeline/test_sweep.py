"""Sweeps: what they ask for is checked first, every member is accounted for, and what members share is made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import sweep

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
    ],
)
def test_a_wrong_sweep_is_refused_before_anything_runs(workspace: Path, text: str, hint: str) -> None:
    with pytest.raises(BigModelError, match=hint):
        sweep.run(write(workspace, text))
    assert not (workspace / "data").exists()


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


def test_members_share_what_they_do_not_change_and_failures_are_shown(smoke_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BIGMODEL_HOME": str(smoke_run), "BIGMODEL_BATCH": "1", "BIGMODEL_DEVICE": "auto"}.items():
        monkeypatch.setenv(name, value)
    text = f"scenarios: [smoke]\nmembers: [{{}}, {{{KEY}: 0.2}}, {{target_market.split.train: 900000}}]"
    folder = sweep.run(write(smoke_run, text), jobs=2)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "2 of 3 runs finished" in page
    assert "900,000" in page or "900000" in page
    assert (folder / "m02" / "index.html").is_file()
    assert not (folder / "m03").exists()
    models = list(smoke_run.glob("data/runs/smoke/*/02_train_model/model_b/model.safetensors"))
    assert len({path.stat().st_ino for path in models}) == 1
