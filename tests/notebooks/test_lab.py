"""`bigmodel lab` in a real browser: a notebook runs there alone, top to bottom, and its widgets answer."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bigmodel_utils import paths
from bigmodel_utils.scenario import CHAIN

sys.path.append(str(Path(__file__).parents[1] / "report"))
from browser import chromium

QUICK = ("05_size_market", "08_decide")  # the others take minutes: pytest -m slow tests/notebooks
TOKEN = "a-token-of-this-test"
LAB = """
import sys, pathlib
from bigmodel_utils import paths
paths.PROJECT = pathlib.Path(sys.argv.pop())
from bigmodel_utils.cli import app
app(["lab", "--no-browser", "--port", "0"])
"""
CHANGED = """() => {
    const found = [...document.querySelectorAll('.jp-OutputArea-output .widget-html-content')];
    return found.map(each => each.innerHTML).join('').length + ':' + found.map(each => each.innerText).join('');
}"""
STATE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = panel.content.widgets.filter(cell => cell.model.type === 'code' && cell.model.sharedModel.getSource().trim());
    const failed = cells.flatMap(cell => cell.model.outputs.toJSON().filter(out => out.output_type === 'error'));
    return {
        status: panel.sessionContext.session?.kernel?.status ?? 'none',
        pending: cells.filter(cell => cell.model.executionCount === null || cell.model.executionState === 'running').length,
        failed: failed.map(out => out.ename + ': ' + out.evalue),
    };
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, smoke_run: Path) -> Path:
    """A copy of the notebooks that opens the smoke scenario, beside a copy of its finished run."""
    folder = tmp_path_factory.mktemp("lab desk")
    shutil.copytree(smoke_run / "data" / "runs", folder / "data" / "runs")
    (folder / "data" / "raw").symlink_to(smoke_run / "data" / "raw")
    (folder / "notebooks").mkdir()
    for path in paths.notebooks().glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        (folder / "notebooks" / path.name).write_text(re.sub(r'(scenario: str = \\")\w+', r"\1smoke", text), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(desk: Path) -> Iterator[str]:
    """The address of a running `bigmodel lab`."""
    own = {f"JUPYTER_{name}_DIR": str(desk / ".jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | own | {"BIGMODEL_HOME": str(desk), "JUPYTER_TOKEN": TOKEN, "BIGMODEL_BATCH": ""}
    environment |= {"JUPYTERLAB_WORKSPACES_DIR": str(desk / ".jupyter" / "workspaces")}
    config = desk / ".jupyter" / "config" / "jupyter_lab_config.json"
    config.parent.mkdir(parents=True)
    config.write_text('{"LabApp": {"expose_app_in_browser": true}, "ServerApp": {"allow_root": true}}')
    log = desk / "lab.log"
    with log.open("w") as file:
        server = subprocess.Popen([sys.executable, "-c", LAB, str(desk)], env=environment, stderr=file, stdout=file)
    try:
        yield _address(server, log)
    finally:
        server.send_signal(signal.SIGINT)
        server.send_signal(signal.SIGINT)  # the second one is the yes to its question
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab", log.read_text()):
            return found.group(1)
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


def run_all(page: Any, seconds: int) -> dict[str, Any]:
    """Run every cell and return how it ended."""
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=120_000)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = page.evaluate(STATE)
        if state["failed"] or (state["pending"] == 0 and state["status"] == "idle"):
            return state
        page.wait_for_timeout(300)
    return page.evaluate(STATE)


def moved_something(page: Any) -> bool:
    """Move the first slider by one step; return whether what hangs on it changed."""
    handle = page.locator(".jp-OutputArea .noUi-handle").first
    handle.scroll_into_view_if_needed()
    before = page.evaluate(CHANGED)
    handle.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(100):
        if page.evaluate(CHANGED) != before:
            return True
        page.wait_for_timeout(300)
    return False


@pytest.mark.parametrize("stage", [pytest.param(s, marks=[] if s in QUICK else pytest.mark.slow) for s in CHAIN])
def test_a_notebook_runs_alone_in_the_lab_and_a_widget_answers(browser: Any, address: str, stage: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/lab/workspaces/{stage}/tree/notebooks/{stage}.ipynb?token={TOKEN}")
    state = run_all(page, seconds=900)
    assert state["failed"] == []
    assert state["pending"] == 0
    if "explore." in (paths.notebooks() / f"{stage}.ipynb").read_text(encoding="utf-8"):
        assert moved_something(page)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")  # two kernels need twice the memory
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))] == []
    assert page.locator(".Toastify__toast").all_inner_texts() == []  # neither news nor an update was announced
    page.close()


def test_without_the_token_nobody_enters(browser: Any, address: str) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{address}/lab")
    assert "/login" in page.url
    page.close()
