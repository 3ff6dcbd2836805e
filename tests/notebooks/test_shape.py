"""Notebooks argue, the package calculates: the shape of each is held here."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    content = nbformat.read(request.param, as_version=4)
    nbformat.validate(content)
    return content


def code(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def tags(notebook: nbformat.NotebookNode) -> list[str]:
    return [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]


def test_outputs_are_stripped(notebook: nbformat.NotebookNode) -> None:
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")


def test_one_cell_of_each_duty(notebook: nbformat.NotebookNode) -> None:
    found = tags(notebook)
    for duty in ("parameters", "setup", "check", "verdict", "save"):
        assert found.count(duty) == 1, duty
    assert (
        found.index("parameters") < found.index("setup") < found.index("check") < found.index("verdict") < found.index("save")
    )


def test_parameters_are_two_typed_literals(notebook: nbformat.NotebookNode) -> None:
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    names = re.findall(r"^(\w+): (\w+) = .+  # .+$", cell.source, re.M)
    assert [name for name, _ in names] == ["scenario", "overrides"]


def test_code_is_thin(notebook: nbformat.NotebookNode) -> None:
    lines = [[line for line in source.splitlines() if line.strip()] for source in code(notebook)]
    assert max(map(len, lines)) <= 12
    assert sum(map(len, lines)) <= 160
    assert sorted(map(len, lines))[len(lines) // 2] <= 6


def test_no_logic_path_or_typed_result(notebook: nbformat.NotebookNode) -> None:
    for source in code(notebook):
        assert not re.search(r"^\s*(def|class|for|while|try|if)\b", source, re.M), source
        assert not re.search(r"['\"](\.\./|/|data/|reports/)", source), source


def test_prose_argues_and_states_no_result(notebook: nbformat.NotebookNode) -> None:
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert prose[0].startswith("# ")
    assert 300 <= sum(len(text.split()) for text in prose) <= 1400
    headings = [line for text in prose for line in text.splitlines() if line.startswith("## ")]
    assert 5 <= len(headings) <= 13
    assert not re.search(r"\d+(\.\d+)?\s?%", " ".join(prose)), "a typed percentage is a result that another scenario falsifies"


def test_about_the_length_of_a_page(notebook: nbformat.NotebookNode) -> None:
    shown = [cell for cell in notebook.cells if "explore" not in cell.metadata.get("tags", [])]
    assert 12 <= len(shown) <= 45
