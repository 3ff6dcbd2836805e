"""One notebook through papermill: what is kept when it works, when a cell fails, and when the kernel dies."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import nbformat
import pytest

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import kernels
from bigmodel_utils.pipeline.execution import CellFailed, execute
from bigmodel_utils.pipeline.progress import Progress
from bigmodel_utils.pipeline.runner import stages_from
from bigmodel_utils.scenario import CHAIN

GOOD = 'scenario: str = "reviews_us_to_cn"  # a name\noverrides: dict = {}  # values'


@pytest.fixture
def room(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = workspace / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(paths, "notebooks", lambda: folder)
    return folder


def write(room: Path, *sources: str, parameters: str = GOOD, explore: str | None = None) -> None:
    cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    if explore:
        cells.append(nbformat.v4.new_code_cell(explore, metadata={"tags": ["explore"]}))
    content = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    nbformat.write(content, room / "99_try.ipynb")


def run(room: Path) -> tuple[nbformat.NotebookNode, str]:
    log = io.StringIO()
    with Progress(log) as progress:
        path = execute(
            "99_try", {"scenario": "smoke", "overrides": {"seed": 3}}, room.parent / "out" / "99_try.ipynb", progress
        )
    return nbformat.read(path, as_version=4), log.getvalue()


def test_parameters_arrive_and_explore_cells_are_skipped(room: Path) -> None:
    write(room, "print(scenario, overrides['seed'])", explore="raise RuntimeError('only for people')")
    content, log = run(room)
    assert content.cells[-1].outputs[0].text == "smoke 3\n"
    assert "done   99_try" in log


@pytest.mark.parametrize(("source", "name"), [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(9)", "DeadKernelError")])
def test_a_broken_cell_is_named_and_the_copy_kept(room: Path, source: str, name: str) -> None:
    write(room, "print('so far')", source)
    with pytest.raises(CellFailed, match=name) as caught:
        run(room)
    assert caught.value.cell == 3
    out = room.parent / "out"
    assert [p.name for p in out.iterdir()] == ["99_try.failed.ipynb"]
    text = (out / "99_try.failed.ipynb").read_text()
    assert "so far" in text
    assert str(room.parent) not in text


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
@pytest.mark.parametrize("error", [ChildProcessError("the process that forks kernels ended with -9"), TimeoutError()])
def test_a_kernel_that_does_not_start_is_said_and_not_taken_for_a_full_disk(
    room: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fork(*_: object) -> int:
        raise error

    monkeypatch.setattr(kernels.Nursery, "fork", fork)
    write(room, "1")
    with pytest.raises(CellFailed, match=f"99_try: {type(error).__name__}: "):
        run(room)


def test_a_second_good_run_clears_the_failed_copy(room: Path) -> None:
    write(room, "1 / 0")
    with pytest.raises(CellFailed):
        run(room)
    write(room, "1 / 1")
    run(room)
    assert [p.name for p in (room.parent / "out").iterdir()] == ["99_try.ipynb"]


def test_a_notebook_without_the_agreed_parameters_is_refused(room: Path) -> None:
    write(room, "1", parameters="scenarios: str = 'smoke'  # a name\noverrides: dict = {}  # values")
    with pytest.raises(BigModelError, match="scenarios"):
        run(room)


@pytest.mark.parametrize("first", ["3", "03", "03_evaluate_model"])
def test_stages_are_found_by_number_or_name(first: str) -> None:
    assert stages_from(CHAIN, first)[0] == "03_evaluate_model"
