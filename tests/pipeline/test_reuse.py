"""A stage runs again for every cause it looked at, and for nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from bigmodel_utils import facts, notebook, paths, scenario, trace
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import freshness, manifest, reuse
from bigmodel_utils.units import Quantity

FIRST, SECOND = "01_prepare_data", "02_train_model"
FIGURE = {"rows": Quantity(mid=3, unit="rows", origin="measured", source="test", n=3)}


@pytest.fixture
def project(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of everything that a person may edit, and a workspace beside it."""
    copy = workspace / "project"
    for part in ("bigmodel_utils", "data/facts", "data/scenarios", "notebooks"):
        shutil.copytree(paths.PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(paths.PROJECT / "data/packages.yml", copy / "data/packages.yml")
    monkeypatch.setattr(paths, "PROJECT", copy)
    (workspace / "reviews.csv").write_text("text,label\ngood,1\n")
    yield copy
    forget()


def forget() -> None:
    """Drop what is remembered of files, as a new process would."""
    for cached in (facts.rows, facts._frame, freshness._module, freshness._pin, freshness._version, trace._known):
        cached.cache_clear()


def made(name: str = "smoke", **overrides: object) -> Run:
    """Finish two stages the way notebooks do: the second reads a result, a value, an assumption, a fact and a file."""
    from bigmodel_utils.artifacts import file_hash
    from bigmodel_utils.data import packages

    page = notebook.start(FIRST, name, overrides)
    page.save(FIGURE, numbers=pd.DataFrame({"value": [1]}), other=[1])
    page = notebook.start(SECOND, name, overrides)
    page.run.table(FIRST, "numbers")
    assert page.scenario.training.epochs
    assert page.scenario.assumption("label_usd")
    facts.load("gpu_specs")
    packages.pin("snownlp")
    trace.note("file", "reviews.csv", file_hash(paths.workspace() / "reviews.csv"))
    trace.note("device", "class", trace.device_class())
    page.save(FIGURE)
    for stage in (FIRST, SECOND):
        path = reuse.executed(page.run, stage)
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"cells": []}')
    return page.run


def edit_notebook(project: Path, change: Callable[[nbformat.NotebookNode], None]) -> None:
    path = project / "notebooks" / f"{SECOND}.ipynb"
    content = nbformat.read(path, as_version=4)
    change(content)
    nbformat.write(content, path)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def code_cell(content: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return next(cell for cell in content.cells if "setup" in cell.metadata.get("tags", []))


def with_code(content: nbformat.NotebookNode) -> None:
    code_cell(content).source += "\nx = 1"


def with_words(content: nbformat.NotebookNode) -> None:
    code_cell(content).source += "  # a comment"
    content.cells[0].source += "\n\nMore words."
    content.cells.append(nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["explore"]}))


def write_other_result(project: Path) -> None:
    page = notebook.start(FIRST, "smoke")
    page.save(FIGURE, numbers=pd.DataFrame({"value": [2]}), other=[1])


MUTATIONS: dict[str, Callable[[Path], object]] = {
    "code changed: bigmodel_utils/units.py": lambda p: append(p / "bigmodel_utils/units.py", "\nEXTRA = 1\n"),
    "code is gone": lambda p: (p / "bigmodel_utils/messages.py").unlink(),
    "code cells changed": lambda p: edit_notebook(p, with_code),
    "facts changed: data/facts/gpu_specs.csv": lambda p: append(p / "data/facts/gpu_specs.csv", "\n"),
    "pinned package changed": lambda p: (p / "data/packages.yml").write_text("packages: {snownlp: {sha256: other}}"),
    "input file changed": lambda p: append(paths.workspace() / "reviews.csv", "bad,0\n"),
    "earlier result changed: 01_prepare_data/numbers.parquet": write_other_result,
    "training.epochs: 2 → 5": lambda p: append(p / "data/scenarios/smoke.yml", "\n# end\n"),
}


@pytest.mark.parametrize("expected", MUTATIONS)
def test_each_cause_is_seen_and_named(project: Path, expected: str) -> None:
    run = made()
    assert freshness.changes(run, SECOND) == []
    MUTATIONS[expected](project)
    if "epochs" in expected:
        run.scenario = scenario.load("smoke", {"training.epochs": 5})
    forget()
    reasons = freshness.changes(run, SECOND)
    assert len(reasons) == 1
    assert expected.replace("code is gone", "module is gone: messages.py") in reasons[0]


def test_an_assumption_a_library_and_the_device_are_causes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made()
    run.scenario = scenario.load("smoke", {"assumptions.label_usd.mid": 0.07})
    assert freshness.changes(run, SECOND) == ["assumption label_usd: mid 0.06 → 0.07"]
    run.scenario = scenario.load("smoke")
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "99" if name == "pandas" else real(name))
    forget()
    assert freshness.changes(run, SECOND) == [f"library pandas: {real('pandas')} → 99"]
    monkeypatch.setattr(metadata, "version", real)
    forget()
    monkeypatch.setenv("BIGMODEL_DEVICE", "cuda")
    assert freshness.changes(run, SECOND) == ["device class: cpu → cuda"]


def test_words_comments_and_what_was_not_read_are_no_causes(project: Path) -> None:
    run = made()
    edit_notebook(project, with_words)
    append(project / "bigmodel_utils/units.py", "\n# a comment\n")
    append(project / "data/facts/cases.csv", "\n")
    run.scenario = scenario.load("smoke", {"assumptions.team_usd_month.mid": 16000, "adaptation.epochs": 3})
    page = notebook.start(FIRST, "smoke")
    page.save(FIGURE, numbers=pd.DataFrame({"value": [1]}), other=[2])
    forget()
    assert freshness.changes(run, SECOND) == []


def test_a_sibling_run_lends_what_still_stands(project: Path) -> None:
    made()
    changed = Run(scenario.load("smoke", {"assumptions.team_usd_month.mid": 16000}))
    for stage in (FIRST, SECOND):
        assert reuse.reuse(changed, stage) == (True, [])
    assert changed.table(FIRST, "numbers")["value"].tolist() == [1]
    other = Run(scenario.load("smoke", {"assumptions.label_usd.mid": 0.07}))
    assert reuse.reuse(other, FIRST) == (True, [])
    assert reuse.reuse(other, SECOND) == (False, ["assumption label_usd: mid 0.06 → 0.07"])


def test_a_run_of_another_scenario_lends_where_every_cause_is_equal(project: Path) -> None:
    (paths.scenarios() / "child.yml").write_text("extends: smoke\ntitle: The same trainings\n", encoding="utf-8")
    (paths.scenarios() / "dearer.yml").write_text(
        "extends: smoke\nadaptation: {epochs: 3}\ntraining: {epochs: 3}\n", encoding="utf-8"
    )
    lender = made()
    child, dearer = Run(scenario.load("child")), Run(scenario.load("dearer"))
    assert [reuse.reuse(child, stage) for stage in (FIRST, SECOND)] == [(True, []), (True, [])]
    assert child.table(FIRST, "numbers").equals(lender.table(FIRST, "numbers"))
    assert reuse.reuse(dearer, SECOND)[0] is False


def test_a_damaged_result_is_made_again(project: Path) -> None:
    run = made()
    assert reuse.reuse(run, FIRST) == (True, [])
    (run.folder / FIRST / "other.json").write_text("[9]")
    assert reuse.reuse(run, FIRST) == (False, ["result is damaged: other.json"])
    (run.folder / SECOND / "done.json").write_text("{")
    assert not reuse.reuse(run, SECOND)[0]


def test_an_executed_notebook_that_a_crash_cut_short_is_made_again(project: Path) -> None:
    run = made()
    reuse.executed(run, SECOND).write_text('{"cells": [')
    assert reuse.reuse(run, SECOND) == (False, ["its executed notebook is gone or damaged"])
    lent = Run(scenario.load("smoke", {"assumptions.team_usd_month.mid": 16000}))
    assert not reuse.reuse(lent, SECOND)[0]


def test_the_chain_of_hashes_holds_every_stage(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made()
    monkeypatch.setattr(Run, "stages", (FIRST, SECOND))
    before = manifest.chain(run)
    record = run.folder / FIRST / "done.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"note": 1}))
    after = manifest.chain(run)
    assert before[FIRST] != after[FIRST]
    assert before[SECOND] != after[SECOND]


def test_a_kept_notebook_tells_the_prose_of_today(project: Path) -> None:
    run = made()
    source = nbformat.read(project / "notebooks" / f"{SECOND}.ipynb", as_version=4)
    for cell in source.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="kept output")]
    nbformat.write(source, reuse.executed(run, SECOND))
    edit_notebook(project, with_words)
    assert reuse.reuse(run, SECOND) == (True, [])
    fresh = nbformat.read(reuse.executed(run, SECOND), as_version=4)
    assert "More words." in fresh.cells[0].source
    assert "kept output" in str(fresh)
    assert "1 / 0" not in str(fresh)


def test_no_process_reads_code_again_that_another_has_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made()
    forget()
    assert trace.imports("import json") == {"json"}  # asked before the next notebook finishes, and still known after it
    made()
    trace.remember()
    forget()
    monkeypatch.setattr("ast.parse", lambda *_: pytest.fail("parsed again"))
    assert freshness.changes(run, SECOND) == []
    assert trace.imports("import json") == {"json"}


def test_what_is_known_of_code_hangs_on_its_text_alone(project: Path) -> None:
    path = project / "bigmodel_utils" / "units.py"
    before = trace.code_digest(path)
    paths.runs().mkdir(parents=True)
    trace.remember()
    trace._known.cache_clear()
    assert trace.code_digest(path) == before
    append(path, "\n# a comment\n")
    assert trace.code_digest(path) == before
    append(path, "EXTRA = 1\n")
    assert trace.code_digest(path) != before
    (paths.runs() / trace._KNOWN).write_text("{torn")
    trace._known.cache_clear()
    assert trace.code_digest(path) != before
