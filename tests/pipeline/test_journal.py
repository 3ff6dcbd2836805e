"""An executed notebook after a crash: every finished cell is there, the file can be read, and no kernel lives on."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from papermill.engines import papermill_engines
from slow_work import gone

from bigmodel_utils import notebook, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import journal, kernels, resume
from bigmodel_utils.pipeline.engine import NAME, Engine, PromptClient
from bigmodel_utils.pipeline.reuse import executed

papermill_engines.register(NAME, Engine)
STAGE = "03_evaluate_model"
RUN = """
import sys, papermill
from papermill.engines import papermill_engines
from bigmodel_utils.pipeline.engine import NAME, Engine
papermill_engines.register(NAME, Engine)
papermill.execute_notebook(sys.argv[1], sys.argv[2], engine_name=NAME, kernel_name="python3", progress_bar=False)
"""


def written(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def execute(source: Path, target: Path, engine: str | None) -> nbformat.NotebookNode:
    return papermill.execute_notebook(source, target, engine_name=engine, kernel_name="python3", progress_bar=False)


def test_the_engine_gives_what_papermills_own_gives(tmp_path: Path) -> None:
    source = written(tmp_path / "in.ipynb", "x = 2", "print(x)", "x * 21", "from IPython.display import HTML; HTML('<b>b</b>')")
    ours, peer = (execute(source, tmp_path / f"{engine}.ipynb", engine) for engine in (NAME, None))
    assert [cell.outputs for cell in ours.cells] == [cell.outputs for cell in peer.cells]
    assert [cell.execution_count for cell in ours.cells] == [cell.execution_count for cell in peer.cells]
    assert {cell.metadata.papermill.status for cell in ours.cells} == {"completed"}
    assert not journal.beside(tmp_path / f"{NAME}.ipynb").exists()


def test_a_kernel_that_ends_at_once_is_not_waited_for() -> None:
    async def begin() -> None:
        manager = AsyncKernelManager(client_factory=PromptClient)
        manager._kernel_spec = KernelSpec(argv=[sys.executable, "-c", "", "{connection_file}"])
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=60)
        finally:
            client.stop_channels()
            await manager.cleanup_resources()

    with pytest.raises(RuntimeError, match="died before it answered"):
        asyncio.run(begin())


def test_a_killed_run_leaves_every_finished_cell_and_no_kernel(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    source = written(
        tmp_path / "in.ipynb",
        "print('one')",
        "'two'",
        f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)",
    )
    target = tmp_path / "out.ipynb"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(source), str(target)])
    while not (note.exists() and note.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    nbformat.validate(nbformat.read(target, as_version=4))
    with journal.beside(target).open("a") as file:
        file.write('{"index": 2, "cell": {"cell_ty')  # as if the kill had come in the middle of a line
    assert journal.recover(target) == 1
    content = nbformat.read(target, as_version=4)
    nbformat.validate(content)
    assert content.cells[0].outputs[0].text == "one\n"
    assert content.cells[1].outputs[0].data["text/plain"] == "'two'"
    assert content.cells[2].outputs == []
    assert journal.recover(target) is None
    gone(int(note.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_forked_kernels_hold_no_module_of_the_project_and_share_nothing(tmp_path: Path) -> None:
    source = written(
        tmp_path / "in.ipynb",
        "import os, sys; [name for name in sys.modules if name.split('.')[0] == 'bigmodel_utils']",
        "'left' in globals(), os.environ.get('LEFT')",
        "left = os.environ['LEFT'] = 'here'",
        "import numpy; float(numpy.random.rand())",
        "import torch; float((torch.ones(64, 64) @ torch.ones(64, 64)).sum())",
        "os.getppid()",
    )
    kernels.warm(("numpy", "torch"))
    first, second = (execute(source, tmp_path / "out.ipynb", NAME) for _ in range(2))
    shown = [[cell.outputs[0].data["text/plain"] for cell in done.cells if cell.outputs] for done in (first, second)]
    for lines in shown:
        assert lines[:2] == ["[]", "(False, None)"]
        assert lines[3] == str(64.0**3)
    assert shown[0][2] != shown[1][2]  # random numbers that nobody seeded
    assert shown[0][4] == shown[1][4] == str(kernels.nursery().pid)


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_kernel_does_not_wait_for_what_is_still_to_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "until_asked.py").write_text("import select; select.select([0], [], [], 60)")
    (tmp_path / "later.py").write_text("import pathlib; pathlib.Path(__file__).with_name('loaded').touch()")
    source = written(tmp_path / "in.ipynb", "import sys; 'later' in sys.modules")
    kernels.nursery().close()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kernels.nursery().load(["until_asked", "later"])
    assert execute(source, tmp_path / "out.ipynb", NAME).cells[0].outputs[0].data["text/plain"] == "False"
    while not (tmp_path / "loaded").exists():
        assert kernels.nursery().alive
        time.sleep(0.02)
    assert execute(source, tmp_path / "out.ipynb", NAME).cells[0].outputs[0].data["text/plain"] == "True"
    kernels.nursery().close()


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_kernel_that_has_done_its_work_ends_in_good_order(tmp_path: Path) -> None:
    source = written(
        tmp_path / "in.ipynb",
        f"import os, tempfile; aside = tempfile.TemporaryDirectory(dir={str(tmp_path)!r}, prefix='aside')",
        "os.getpid()",
    )
    done = execute(source, tmp_path / "out.ipynb", NAME)
    gone(int(done.cells[1].outputs[0].data["text/plain"]))
    assert not list(tmp_path.glob("aside*"))


def test_a_dead_nursery_is_replaced(tmp_path: Path) -> None:
    kernels.nursery().close()
    done = execute(written(tmp_path / "in.ipynb", "6 * 7"), tmp_path / "out.ipynb", NAME)
    assert done.cells[0].outputs[0].data["text/plain"] == "42"


def test_an_interrupted_stage_says_from_where_it_goes_on(workspace: Path) -> None:
    run = Run(scenario.load("smoke"))
    target = executed(run, STAGE)
    target.parent.mkdir(parents=True)
    assert resume.told(run, STAGE, target) is None
    half = written(resume.running(target), "1", "2", "3")
    journal.append(half, 1, json.loads(half.read_text())["cells"][1])
    assert resume.told(run, STAGE, target) == (
        "finished cell 1 before it stopped; starts again, for no cell up to there declares a result to keep"
    )
    assert target.with_name(f"{STAGE}.failed.ipynb").is_file()
    assert not half.exists()
    page = notebook.start(STAGE, "smoke")
    page.kept("judged", int, 3)
    page.kept("unknown", int, 3)
    first = resume._cell(STAGE, "judged") + 1
    assert resume.told(run, STAGE, target) == f"goes on from cell {first}, with judged, unknown taken over"


def test_a_copy_that_the_crash_left_half_written_stops_no_later_run(workspace: Path) -> None:
    run = Run(scenario.load("smoke"))
    target = executed(run, STAGE)
    target.parent.mkdir(parents=True)
    half = written(resume.running(target), "1")
    half.write_text(half.read_text(encoding="utf-8")[:40], encoding="utf-8")  # papermill's last write is not atomic
    assert resume.told(run, STAGE, target) is None
    assert list(target.parent.iterdir()) == []
