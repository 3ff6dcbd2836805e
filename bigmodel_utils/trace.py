"""What a stage has looked at: every cause that decides whether its results still stand.

A notebook records causes as it runs, and `notebook.save` stores them beside the results. A later run asks for each
cause as it is now; where all are equal, the stage is not run again, and where one differs, that is the reason.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from bigmodel_utils import paths

LIBRARIES = ("torch", "transformers", "tokenizers", "datasets", "scikit-learn", "numpy", "scipy", "pandas", "matplotlib")
_IMPORTED_AS = {"scikit-learn": "sklearn"}
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


def causes(stage: str) -> dict[str, Any]:
    """Return everything seen since `start`, with the code and libraries that are loaded now."""
    found = dict(_seen or {})
    found[f"notebook:{stage}"] = notebook_digest(stage)
    found |= {f"module:{name}": code_digest(path) for name, path in _modules()}
    loaded = [name for name in LIBRARIES if _IMPORTED_AS.get(name, name) in sys.modules]
    device = {"device:class": device_class()} if "torch" in loaded else {}
    return found | device | {f"library:{name}": metadata.version(name) for name in loaded}


def device_class() -> str:
    """Return cpu or cuda: what BIGMODEL_DEVICE asks for, or what `auto` finds here, without loading torch."""
    asked = os.environ.get("BIGMODEL_DEVICE") or "auto"
    return asked if asked != "auto" else "cuda" if any(Path("/dev").glob("nvidia[0-9]*")) else "cpu"


def notebook_digest(stage: str) -> str:
    """Return a hash of the code cells of a stage's notebook; prose, comments and outputs do not count."""
    content = json.loads((paths.notebooks() / f"{stage}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    run = ["".join(cell["source"]) for cell in cells if "explore" not in cell["metadata"].get("tags", [])]
    return _hash("\0".join(map(_meaning, run)))


def code_digest(path: Path) -> str:
    """Return a hash of what the code in `path` does; comments, layout and docstrings do not count."""
    text = path.read_text(encoding="utf-8")
    return _digest_of(text) if path.suffix == ".py" else _hash(text)


@functools.lru_cache(maxsize=1024)
def _digest_of(text: str) -> str:
    return _hash(_meaning(text))


def _meaning(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _modules() -> Iterator[tuple[str, Path]]:
    package = Path(__file__).parent
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and (path := Path(file)).is_relative_to(package) and path.suffix == ".py":
            yield path.relative_to(package).as_posix(), path


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
