"""The runs on disk: told by what was sealed, and never taken from under a run that is going on."""

from __future__ import annotations

import os
from pathlib import Path

from finished import made, recorded

from bigmodel_utils import paths
from bigmodel_utils.pipeline import claims, manifest, shelf


def test_old_runs_go_and_one_that_is_under_way_stays(workspace: Path) -> None:
    runs = [made(0.8, seed=seed) for seed in (1, 2, 3)]
    with claims.alone(runs[0]):
        for age, run in enumerate(runs):
            os.utime(run.folder, (age, age))
        assert shelf.clean(1) == 1
    assert [run.folder.exists() for run in runs] == [True, False, True]
    assert shelf.clean(1) == 1
    assert [run.folder.exists() for run in runs] == [False, False, True]


def test_what_a_killed_restore_left_is_no_run_and_costs_none(workspace: Path) -> None:
    run = made()
    left = run.folder.with_name(".restore-x")
    left.mkdir()
    os.utime(run.folder, (0, 0))
    assert (len(list(shelf.lines())), shelf.clean(1)) == (1, 0)
    assert run.folder.exists()


def test_a_run_is_told_by_what_its_manifest_holds(workspace: Path) -> None:
    decided, plain, under_way = (made(seed=seed) for seed in (1, 2, 3))
    recorded(plain)
    manifest.write(decided, paths.reports(), {"written": "2026-11-22", "outcome": {"verdict": "go", "probability": 0.9}})
    told = {line.split("  ")[1]: line.split("  ")[2:] for line in shelf.lines()}
    assert told[decided.id] == ["2026-11-22", "go, 90% of futures gain"]
    assert told[plain.id][1] == "finished, see its page"
    assert told[under_way.id] == ["–", "unfinished"]
