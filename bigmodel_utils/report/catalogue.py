"""The texts that need a translation, collected from the package, the notebooks and the scenarios.

`python -m bigmodel_utils.report.catalogue` brings the .po file up to date, keeping every translation,
and prints what is still untranslated.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from bigmodel_utils import facts, paths, scenario
from bigmodel_utils.artifacts import write_atomic
from bigmodel_utils.data import packages
from bigmodel_utils.messages import LANGUAGES, catalogue
from bigmodel_utils.report import prose
from bigmodel_utils.report.notebook_page import REMOVED_TAGS

PACKAGE = Path(__file__).parents[1]
_SPEAKERS = {"Message", "verdict", "check"}
_TOLD_BY_FACTS = {
    "plan_tasks": ("task",),
    "risks": ("risk", "mitigation"),
    "cases": ("outcome", "lesson_for_market_entry"),
    "policy": ("instrument", "duty"),
    "countries": ("country",),
    "rivals": ("rival",),
    "team_roles": ("role", "skills"),
    "compliance_duties": ("duty", "article", "asks"),
    "compliance_areas": ("risk", "reason"),
    "licences": ("duty",),
}  # columns whose words a report shows
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_SPOKEN = re.compile(r"[A-Za-z]{2}|[,;:.( ]")  # Chinese has stops and brackets of its own, and no blanks


def texts() -> list[str]:
    """Return every English text that a reader of reports may meet, sorted, each once."""
    found: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        found |= set(_spoken_in(path.read_text(encoding="utf-8")))
    for path in sorted(paths.notebooks().glob("*.ipynb")):
        found |= set(_notebook(path))
    for name in scenario.names():
        found |= set(_scenario(name))
    found |= set(_facts())
    found |= set(_sets())
    return sorted(text for text in found if _SPOKEN.search(_PLACEHOLDER.sub("", text)))


def untranslated(language: str) -> list[str]:
    """Return the texts that the catalogue of `language` lacks."""
    return [text for text in texts() if text not in catalogue(language)]


def update(language: str) -> Path:
    """Write the .po file of `language` with every current text; translations stay, texts gone from the sources go."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    path = PACKAGE / "locale" / language / "LC_MESSAGES" / "bigmodel.po"
    known = catalogue(language)
    fresh = Catalog(locale=language, project="bigmodel", charset="utf-8", fuzzy=False)
    for text in texts():
        fresh.add(text, known.get(text, ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, fresh, width=0, sort_output=True, omit_header=True)
    write_atomic(path, buffer.getvalue().decode("utf-8"))
    return path


def _facts() -> Iterator[str]:
    for table, columns in _TOLD_BY_FACTS.items():
        frame = facts.load(table)
        for column in columns:
            for cell in frame[column].dropna().astype(str).unique():
                yield from re.split(r";(?! )", cell)  # a list has no blank behind its semicolons, a sentence has


def _sets() -> Iterator[str]:
    for told in yaml.safe_load(packages.PINS.read_text(encoding="utf-8"))["sets"].values():
        yield from map(str, (told["about"], told["licence"], told["collected"], *told["gaps"]))


def _spoken_in(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and node.args and _called(node.func) in _SPEAKERS:
            yield from _literals(node.args[0])


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _notebook(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if REMOVED_TAGS & set(cell["metadata"].get("tags", [])):
            continue
        yield from prose.blocks(source) if cell["cell_type"] == "markdown" else _spoken_in(source)


def _scenario(name: str) -> Iterator[str]:
    chosen = scenario.load(name)
    nouns = (chosen.task.item, chosen.task.customer, chosen.task.case)
    yield from (chosen.title, chosen.question, *chosen.task.labels, *nouns, *(f"{noun}s" for noun in nouns))
    for given in chosen.assumptions.values():
        yield from (given.unit, given.source)


def main(languages: Iterable[str] = LANGUAGES[1:]) -> None:
    """Update every catalogue and print what it still lacks."""
    for language in languages:
        path = update(language)
        catalogue.cache_clear()
        left = untranslated(language)
        print(f"{paths.shown(path)}: {len(texts())} texts, {len(left)} untranslated")
        print("\n".join(f"  {text}" for text in left))


if __name__ == "__main__":
    main()
