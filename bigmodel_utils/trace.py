"""What a stage has looked at: every cause that decides whether its results still stand.

A notebook records causes as it runs, and `notebook.save` stores them beside the results. A later run asks for each
cause as it is now; where all are equal, the stage is not run again, and where one differs, that is the reason.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from bigmodel_utils import paths

LIBRARIES = (
    "torch",
    "transformers",
    "tokenizers",
    "peft",
    "opacus",
    "onnxruntime",
    "datasets",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
)  # whose versions can change a result
_IMPORTED_AS = {"scikit-learn": "sklearn"}
_DEVICE = "training/device.py"  # whoever loads it computes on the device
_KNOWN, _MOST_KNOWN = ".code.json", 20_000
_seen: dict[str, Any] | None = None


def start() -> None:
    """Forget what was seen and record from here on."""
    global _seen
    _seen = {}


def recording() -> bool:
    """Whether a page is at work."""
    return _seen is not None


def note(kind: str, name: str, value: Any) -> None:
    """Record that `name` of this `kind` was looked at and what it was (a hash, or a JSON value)."""
    if _seen is not None:
        _seen[f"{kind}:{name}"] = value


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Look at something without making it a cause, as a form does that only shows values."""
    global _seen
    kept, _seen = _seen, None
    try:
        yield
    finally:
        _seen = kept


def seen() -> dict[str, Any]:
    """Return what was noted since `start`."""
    return dict(_seen or {})


def modules() -> list[str]:
    """Return the names of the project's modules that are loaded now."""
    return sorted(name for name, _ in _modules())


def restore(noted: dict[str, Any], loaded: list[str]) -> None:
    """Count as seen what a computation saw whose result is taken over, and load the modules that it loaded."""
    for name in loaded:
        importlib.import_module(".".join((__package__, *Path(name).with_suffix("").parts)).removesuffix(".__init__"))
    if _seen is not None:
        _seen.update(noted)


def causes(stage: str) -> dict[str, Any]:
    """Return everything seen since `start`, with the project's code that is loaded now and the libraries it asks for.

    What else is in memory does not count: a kernel that was forked warm holds more than its notebook needs.
    """
    loaded = dict(_modules())
    found = dict(_seen or {}) | {f"notebook:{stage}": notebook_digest(stage)}
    found |= {f"module:{name}": code_digest(path) for name, path in loaded.items()}
    found |= {"device:class": device_class()} if _DEVICE in loaded else {}
    codes = [*_code_cells(stage), *(path.read_text(encoding="utf-8") for path in loaded.values())]
    asked = set().union(*map(imports, codes))
    used = [name for name in LIBRARIES if _IMPORTED_AS.get(name, name) in asked]
    return found | {f"library:{name}": metadata.version(name) for name in used}


def device_class() -> str:
    """Return cpu or cuda: what BIGMODEL_DEVICE asks for, or what `auto` finds here, without loading torch."""
    asked = os.environ.get("BIGMODEL_DEVICE") or "auto"
    return asked if asked != "auto" else "cuda" if any(Path("/dev").glob("nvidia[0-9]*")) else "cpu"


def notebook_digest(stage: str) -> str:
    """Return a hash of the code cells of a stage's notebook; prose, comments and outputs do not count."""
    return _digest_of(*_code_cells(stage))


def _code_cells(stage: str) -> list[str]:
    """Return the source of the code cells that a batch run executes."""
    content = json.loads((paths.notebooks() / f"{stage}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in cells if "explore" not in cell["metadata"].get("tags", [])]


def code_digest(path: Path) -> str:
    """Return a hash of what the code in `path` does; comments, layout and docstrings do not count."""
    text = path.read_text(encoding="utf-8")
    return _digest_of(text) if path.suffix == ".py" else _hash(text)


def _digest_of(*codes: str) -> str:
    """Return the hash of what codes do."""
    return _worked_out(_meanings, "\0".join(codes))


def _worked_out(work: Callable[[str], str], text: str) -> str:
    """Return work(text); what was worked out before, in whatever process, is known by the hash of its text."""
    known, key = _known(), _hash("\0".join([work.__name__, str(sys.version_info[:2]), text]))
    if key not in known:
        known[key] = work(text)
    return known[key]


@functools.cache
def _known() -> dict[str, str]:
    return _remembered()


def _remembered() -> dict[str, str]:
    try:
        found = json.loads((paths.runs() / _KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and len(found) < _MOST_KNOWN else {}


def remember() -> None:
    """Keep beside the runs what was worked out of code: reading code takes most of the time of a run that changes nothing."""
    from bigmodel_utils.artifacts import write_atomic

    others = _remembered()
    if paths.runs().is_dir() and not _known().keys() <= others.keys():
        write_atomic(paths.runs() / _KNOWN, json.dumps(others | _known()))


def _meanings(codes: str) -> str:
    return _hash("\0".join(map(_meaning, codes.split("\0"))))


def _meaning(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def imports(code: str) -> frozenset[str]:
    """Return the top-level names that `code` imports anywhere, even inside functions; for type checkers does not count."""
    return frozenset(_worked_out(_imports, code).split())


def _imports(code: str) -> str:
    found: set[str] = set()
    try:
        waiting: list[ast.AST] = [ast.parse(code)]
    except SyntaxError:  # a cell with a magic command
        return ""
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case | ast.Module):
            waiting.extend(ast.iter_child_nodes(node))
    return " ".join(sorted(found))


def _modules() -> Iterator[tuple[str, Path]]:
    package = Path(__file__).parent
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(f"{package}{os.sep}") and file.endswith(".py"):
            yield Path(file).relative_to(package).as_posix(), Path(file)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
