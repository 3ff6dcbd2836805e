"""An executed notebook that survives a crash: written whole at both ends, and a line per finished cell in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import NotebookExecutionManager

from bigmodel_utils.artifacts import write_atomic


def beside(notebook: Path) -> Path:
    """Return where the finished cells of a notebook under way are written down."""
    return notebook.with_name(f"{notebook.name}.journal")


def recover(notebook: Path) -> int | None:
    """Fold the journal that a crash left into its notebook; return the last finished cell, None without a journal.

    A line that the crash cut short does not count.
    """
    lines = beside(notebook)
    if not (lines.is_file() and notebook.is_file()):
        return None
    content = json.loads(notebook.read_text(encoding="utf-8"))
    last = None
    for entry in _whole_lines(lines):
        last = entry["index"]
        content["cells"][last] = entry["cell"]
    write_atomic(notebook, json.dumps(content, ensure_ascii=False, indent=1))
    lines.unlink()
    return last


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


class JournalManager(NotebookExecutionManager):
    """Papermill's record of an execution, at a cost per cell that does not grow with the notebook.

    Papermill writes the whole file before and after each cell; here a finished cell is one line beside the file.
    """

    def notebook_start(self, **kwargs: Any) -> None:
        super().notebook_start(**kwargs)
        self._write_whole()

    def notebook_complete(self, **kwargs: Any) -> None:
        super().notebook_complete(**kwargs)
        self._write_whole()

    def cell_complete(self, cell: nbformat.NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        super().cell_complete(cell, cell_index, **kwargs)
        if self.output_path and cell.cell_type == "code":
            line = json.dumps({"index": cell_index, "cell": self.nb.cells[cell_index]}, ensure_ascii=False)
            with beside(Path(self.output_path)).open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def save(self, **_: Any) -> None:
        """Papermill asks for this around every cell; the journal makes it needless."""

    def _write_whole(self) -> None:
        if self.output_path:
            target = Path(self.output_path)
            write_atomic(target, nbformat.writes(self.nb) + "\n")
            beside(target).unlink(missing_ok=True)
