"""An executed notebook that survives a crash: written whole at both ends, and a line per finished cell in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.artifacts import write_atomic

_FAILURE_TAG = "papermill-error-cell-tag"


def beside(notebook: Path) -> Path:
    """Return where the finished cells of a notebook under way are written down."""
    return notebook.with_name(f"{notebook.name}.journal")


def append(notebook: Path, index: int, cell: Mapping[str, Any]) -> None:
    """Write one finished cell down; a kill at any moment costs at most this line."""
    with beside(notebook).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"index": index, "cell": cell}, ensure_ascii=False) + "\n")


def whole(notebook: Path, text: str) -> None:
    """Write the notebook itself, and begin its journal anew."""
    write_atomic(notebook, text)
    beside(notebook).unlink(missing_ok=True)


def recover(notebook: Path) -> int | None:
    """Fold the journal that a crash left into its notebook; return the last finished cell, None without a journal.

    A line that the crash cut short does not count.
    """
    lines, content = beside(notebook), _content(notebook)
    if content is None or not lines.is_file():
        return None
    last = None
    for entry in _whole_lines(lines):
        last = entry["index"]
        content["cells"][last] = entry["cell"]
    whole(notebook, json.dumps(content, ensure_ascii=False, indent=1))
    return last


def publish(running: Path, target: Path) -> None:
    """Move the executed copy to its place without the paths of this machine; one that cannot be read is dropped."""
    content = _content(running)
    if content is None:
        running.unlink(missing_ok=True)
        return
    content["metadata"].setdefault("papermill", {}).update(input_path=None, output_path=target.name)
    content["cells"] = [cell for cell in content["cells"] if _FAILURE_TAG not in cell["metadata"].get("tags", [])]
    text = json.dumps(content, ensure_ascii=False, indent=1)
    for base in (paths.workspace(), paths.PROJECT, Path.home()):
        text = text.replace(f"{base}/", "")
    write_atomic(target, text)
    running.unlink()


def _content(notebook: Path) -> dict[str, Any] | None:
    """Return the notebook; None when it is not there, or when a kill cut papermill's last writing of it short."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
