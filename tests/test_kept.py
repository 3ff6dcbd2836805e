"""An expensive result outlives a kill, exactly as it was, and only while nothing that it could depend on has changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigmodel_utils import facts, notebook, paths, scenario, trace
from bigmodel_utils.evaluation.compare import Comparison
from bigmodel_utils.messages import Message
from bigmodel_utils.stored import Shelf, StoredError
from bigmodel_utils.units import Quantity

STAGE = "02_train_model"
SHARE = Quantity(mid=0.5, unit="share", origin="measured", source="test", n=3)
SIMPLE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def shelf(folder: Path, stage: Path | None = None) -> Shelf:
    return Shelf(folder, stage or folder / "stage", scenario.load("smoke"))


@given(value=SIMPLE)
def test_plain_values_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    box = shelf(tmp_path_factory.mktemp("kept") / "box")
    box.write(value)
    found = box.read()
    assert found == value
    assert repr(found) == repr(value)  # 1 and True and 1.0 are not the same


def test_tables_arrays_and_the_projects_own_types_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["好", "a"], "share": [0.25, np.nan]}, index=pd.Index([3, 5], name="row"))
    comparison = Comparison("b", "a", SHARE, 0.01, 3, 4)
    value = {"frame": frame, "one": np.float32(0.1), "many": np.arange(6, dtype="int8").reshape(2, 3), "c": [comparison]}
    value |= {"said": Message("{a:percent}", a=0.5), ("b", "a"): scenario.load("smoke")}
    box = shelf(tmp_path / "box")
    box.write(value)
    found = box.read()
    pd.testing.assert_frame_equal(found["frame"], frame)
    assert found["one"].dtype == np.float32
    assert found["one"] == value["one"]
    assert found["many"].dtype == np.int8
    assert found["many"].tolist() == value["many"].tolist()
    assert found["c"] == [comparison]
    assert found["said"].read() == "50%"
    assert found["b", "a"] is box.scenario


def test_a_folder_of_the_stage_travels_along(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    (stage / "model").mkdir(parents=True)
    (stage / "model" / "weights").write_text("w")
    box = shelf(tmp_path / "box", stage)
    box.write([stage / "model", Path("elsewhere")])
    (stage / "model" / "weights").unlink()
    assert box.read() == [stage / "model", Path("elsewhere")]
    assert (stage / "model" / "weights").read_text() == "w"


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), pytest])
def test_what_plain_files_cannot_hold_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(StoredError, match=r"page\.kept"):
        shelf(tmp_path / "box").write(value)


def test_a_class_from_elsewhere_is_not_loaded(tmp_path: Path) -> None:
    box = shelf(tmp_path / "box")
    box.folder.mkdir()
    (box.folder / "value.json").write_text('{"dataclass": "subprocess:Popen", "fields": {"args": "true"}}')
    with pytest.raises(ValueError, match="not of this project"):
        box.read()


class Expensive:
    """Counts how often it was really computed, and looks at a fact while it is."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, number: int) -> dict[str, Any]:
        self.times += 1
        facts.load("gpu_specs")
        return {"number": number, "table": pd.DataFrame({"value": [number]})}


def started(**overrides: Any) -> notebook.Page:
    return notebook.start(STAGE, "smoke", overrides)


def test_after_a_kill_the_result_is_taken_over_with_what_it_saw(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = Expensive()
    started().kept("table", work, 3)
    page = started()  # the first page was never saved: it was killed
    assert not trace.seen().keys() & {"fact:gpu_specs"}
    found = page.kept("table", work, 3)
    assert work.times == 1
    assert found["number"] == 3
    assert found["table"]["value"].tolist() == [3]
    assert "fact:gpu_specs" in trace.seen()
    assert "table: taken over" in capsys.readouterr().err
    page.save({"share": SHARE})
    assert not (page.run.checkpoints / "kept" / STAGE).exists()
    started().kept("table", work, 3)
    assert work.times == 2


@pytest.mark.parametrize("damage", ["value.json", "circumstances.json", "0.parquet"])
def test_a_damaged_result_is_computed_again(workspace: Path, damage: str) -> None:
    work = Expensive()
    page = started()
    page.kept("table", work, 3)
    (page.run.checkpoints / "kept" / STAGE / "table" / damage).write_text("{")
    assert started().kept("table", work, 3)["number"] == 3
    assert work.times == 2


def test_keeping_a_result_makes_no_cause_of_the_chain(workspace: Path) -> None:
    start_page = notebook.start(STAGE, "smoke")
    start_page.kept("one", lambda: 1)
    assert "scenario:chain" not in trace.seen()  # another scenario with the same trainings may name other notebooks


def test_other_circumstances_are_another_result(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, folder = Expensive(), workspace / "facts"
    started().kept("table", work, 3)
    started(seed=8).kept("table", work, 3)
    assert work.times == 2
    real = paths.facts()
    folder.mkdir()
    for path in real.glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes() + b"\n")
    monkeypatch.setattr(paths, "facts", lambda: folder)
    started().kept("table", work, 3)
    assert work.times == 3
    monkeypatch.setenv("BIGMODEL_DEVICE", "cuda")
    started().kept("table", work, 3)
    assert work.times == 4


def test_an_input_file_that_changed_is_read_again(workspace: Path) -> None:
    source = workspace / "rows.csv"
    source.write_text("a\n")

    def read() -> str:
        from bigmodel_utils.artifacts import file_hash

        trace.note("file", "rows.csv", file_hash(source))
        return source.read_text()

    assert started().kept("rows", read) == "a\n"
    source.write_text("b\n")
    assert started().kept("rows", read) == "b\n"


def test_dates_stay_dates(tmp_path: Path) -> None:
    box = shelf(tmp_path / "box")
    box.write(date(2026, 11, 1))
    assert box.read() == date(2026, 11, 1)
