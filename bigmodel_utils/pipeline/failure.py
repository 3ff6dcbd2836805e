"""What can go wrong inside a notebook, as the command line tells it."""

from __future__ import annotations

from pathlib import Path


class CellFailed(Exception):
    """A cell stopped with an error: its number, the error's name and text."""

    def __init__(self, stage: str, cell: int | None, name: str, text: str) -> None:
        super().__init__(stage, cell, name, text)
        self.stage, self.cell, self.name, self.text = stage, cell, name, text

    def __str__(self) -> str:
        where = f"{self.stage}, cell {self.cell}" if self.cell is not None else self.stage
        return f"{where}: {self.name}: {self.text}"


class RunFailed(Exception):
    """A notebook stopped; earlier reports stand as they were. `kept` shows the cells up to there."""

    def __init__(self, failure: CellFailed, kept: Path) -> None:
        super().__init__(str(failure))
        self.failure, self.kept = failure, kept

    @property
    def refused(self) -> bool:
        """True when the cell refused its input rather than broke."""
        return self.failure.text.startswith("given:")
