"""What a person sees while the chain runs: a line per notebook, with its cell and the latest word from inside it."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """Live bars in a terminal; one plain line per finished notebook elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.bars = Bars(
            TextColumn("{task.description:<20}"),
            BarColumn(24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False, style="dim"),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bars.stop()

    def kept(self, stage: str) -> None:
        """Say that a stage still stands."""
        self.console.print(f"kept   {stage}")

    def because(self, stage: str, reasons: list[str]) -> None:
        """Say why a stage runs: the first reason, and how many more there are."""
        more = f" (and {len(reasons) - 1} more: bigmodel why {stage[:2]})" if len(reasons) > 1 else ""
        self.console.print(f"run    {stage}: {reasons[0]}{more}", soft_wrap=True)

    def resumes(self, stage: str, place: str) -> None:
        """Say from where an interrupted stage goes on."""
        self.console.print(f"resume {stage}: {place}", soft_wrap=True)

    def notebook(self, stage: str, cells: int) -> NotebookProgress:
        return NotebookProgress(self, stage, cells)


class NotebookProgress:
    """Follows one notebook; also the file to which its standard error is copied."""

    def __init__(self, progress: Progress, stage: str, cells: int) -> None:
        self.progress, self.stage, self.cells = progress, stage, cells
        self.cell: int | None = None
        self.started = time.monotonic()
        self.task = progress.bars.add_task(stage, total=cells, note="")

    def on_cell_start(self, cell: Any, cell_index: int, **_: Any) -> None:
        self.cell = cell_index
        self.progress.bars.update(self.task, completed=cell_index, note="")

    def write(self, text: str) -> None:
        """Show the last line that a cell wrote to standard error, such as a training step."""
        lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
        if lines:
            self.progress.bars.update(self.task, note=lines[-1].strip()[:70])

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self, ok: bool) -> None:
        self.progress.bars.update(self.task, completed=self.cells if ok else self.cell, note="" if ok else "failed")
        if not self.progress.console.is_terminal:
            seconds = time.monotonic() - self.started
            self.progress.console.print(f"{'done  ' if ok else 'FAILED'} {self.stage:<20} {self.cells} cells {seconds:6.1f} s")
