import os
from pathlib import Path

import pandas as pd
import pytest

from bigmodel_utils import notebook, scenario
from bigmodel_utils.artifacts import ArtifactError, Run, swap_in, write_atomic
from bigmodel_utils.notebook import CheckFailed
from bigmodel_utils.units import Quantity

FIRST, SECOND = "01_prepare_data", "02_train_model"
figure = Quantity(mid=3, unit="rows", origin="measured", source="test", n=3)


def finished(value: int) -> Run:
    page = notebook.start(FIRST, "smoke")
    page.verdict("There are {n:integer} rows.", n=value)
    page.save({"rows": figure}, numbers=pd.DataFrame({"value": [value]}), extra={"a": value})
    return page.run


def test_a_stage_is_read_back_whole(workspace: Path) -> None:
    run = finished(3)
    later = Run(run.scenario, SECOND)
    assert later.table(FIRST, "numbers")["value"].tolist() == [3]
    assert later.figures(FIRST) == {"rows": figure}
    assert later.json(FIRST, "extra") == {"a": 3}
    assert later.json(FIRST, "notes")["verdict"]["values"] == {"n": 3}


def test_a_stage_that_stops_leaves_the_earlier_result(workspace: Path) -> None:
    finished(3)
    page = notebook.start(FIRST, "smoke")
    page.run.write_table("numbers", pd.DataFrame({"value": [4]}))
    assert Run(page.scenario).table(FIRST, "numbers")["value"].tolist() == [3]
    finished(5)
    assert Run(page.scenario).table(FIRST, "numbers")["value"].tolist() == [5]


def test_what_a_stage_needs_only_under_way_does_not_outlive_it(workspace: Path) -> None:
    page = notebook.start(FIRST, "smoke")
    (page.run.scratch / "form").mkdir(parents=True)
    (page.run.scratch / "form" / "weights").write_text("w")
    page.save({"rows": figure})
    assert set(page.run.record(FIRST)["files"]) == {"figures.json", "notes.json"}
    assert not [path for path in page.run.folder.rglob("*") if path.name == "weights"]


def test_a_missing_stage_or_result_says_what_to_run(workspace: Path) -> None:
    run = finished(3)
    with pytest.raises(ArtifactError, match="bigmodel run smoke"):
        run.table(SECOND, "history")
    with pytest.raises(ArtifactError, match="did you mean 'numbers"):
        Run(run.scenario).table(FIRST, "number")


def test_scenarios_do_not_share_results(workspace: Path) -> None:
    finished(3)
    assert not Run(scenario.load("smoke", {"seed": 8})).is_done(FIRST)


def test_a_check_beyond_its_tolerance_stops_the_page(workspace: Path) -> None:
    page = notebook.start(FIRST, "smoke")
    assert "0.98" in page.check("rows add up", 98, 100, 0.05).read()
    for ours, other in ((90, 100), (1, 0), (float("nan"), 1)):
        with pytest.raises(CheckFailed):
            page.check("rows add up", ours, other, 0.05)


def test_a_full_disk_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "new \ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["figures.json"]


def test_swap_keeps_the_old_folder_when_the_new_one_is_missing(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(OSError, match="new"):
        swap_in(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").is_dir()
