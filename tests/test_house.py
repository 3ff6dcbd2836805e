"""The house keeps its shape: one direction of imports, small modules, nothing risky, documented fact columns."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "bigmodel_utils"
ROOMS = (
    "data",
    "training",
    "evaluation",
    "deployment",
    "market",
    "value",
    "trust",
    "applications",
    "report",
    "pipeline",
    "cli",
)
BESIDE = {("market", "value"), ("value", "market")}
MODULES = sorted(PACKAGE.rglob("*.py"))
RISKY = {
    r"\bpickle\.loads?\(": "pickle",
    r"\byaml\.load\(": "yaml.load",
    r"trust_remote_code\s*=\s*True": "remote code",
    r"weights_only\s*=\s*False": "unsafe torch.load",
    r"shell\s*=\s*True": "shell=True",
    r"\bTODO\b|\bFIXME\b|\bNotImplementedError\b": "left open",
    r"['\"]/(home|root|tmp|work|Users)/": "absolute path",
}


def room(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py") if part.removesuffix(".py") in ROOMS else "ground"


def imported_rooms(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bigmodel_utils"):
            deep = node.module.split(".")[1:2]
            names |= set(deep or [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("bigmodel_utils.")}
    return names & set(ROOMS)


def public_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    inside = [node for body in [tree.body, *(c.body for c in classes)] for node in body]
    return [node for node in inside if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def level(name: str) -> int:
    return -1 if name == "ground" else ROOMS.index(name)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    here = room(path)
    for other in imported_rooms(ast.parse(path.read_text(encoding="utf-8"))) - {here}:
        assert level(other) < level(here) or (here, other) in BESIDE, f"{here} must not import {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    for node in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        assert (node.end_lineno or node.lineno) - node.lineno < 60, f"{node.name} is too long"
    for node in public_functions(tree):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        assert length <= 8 or ast.get_docstring(node), f"{node.name} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_risky(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = [what for pattern, what in RISKY.items() if re.search(pattern, text)]
    assert not found


@pytest.mark.parametrize("name", ["market", "value"])
def test_pure_rooms_touch_neither_torch_nor_reports(name: str) -> None:
    for path in (PACKAGE / name).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (torch|transformers|datasets|matplotlib)\b", text, re.M), path.name


def test_readme_tree_is_true() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"```\n(README\.md .*?)```", readme, re.S)
    assert tree, "README has no tree"
    for name in ("bigmodel_utils", "notebooks", "data", "reports", "tests", "environment.yml", "requirements.lock", "Makefile"):
        assert name in tree.group(1)
        assert (PROJECT / name).exists()
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        assert path.name in tree.group(1), f"{path.name} is missing in README's tree"
    for part in (p for p in PACKAGE.iterdir() if (p / "__init__.py").exists()):
        assert f"{part.name}/" in tree.group(1), f"{part.name}/ is missing in README's tree"
