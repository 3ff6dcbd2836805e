"""What a person sees while the chain runs: a line per notebook, with its cell and the latest word from inside it."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Progress:
    """Live bars in a terminal, from the first notebook that runs; one plain line per finished notebook elsewhere."""

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = file or sys.stderr
        self.bars: Bars | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.bars:
            self.bars.stop()

    def say(self, line: str) -> None:
        """Print a line, above the bars where there are any."""
        if self.bars:
            self.bars.console.print(line, soft_wrap=True, markup=False)
        else:
            print(line, file=self.file)

    def kept(self, stage: str) -> None:
        """Say that a stage still stands."""
        self.say(f"kept   {stage}")

    def because(self, stage: str, reasons: list[str]) -> None:
        """Say why a stage runs: the first reason, and how many more there are."""
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        self.say(f"run    {stage}: {reasons[0]}{more}")

    def resumes(self, stage: str, place: str) -> None:
        """Say from where an interrupted stage goes on."""
        self.say(f"resume {stage}: {place}")

    def notebook(self, stage: str, cells: int) -> NotebookProgress:
        """Return what follows one notebook; the first one brings the bars."""
        if self.bars is None:
            self.bars = _bars(self.file)
            self.bars.start()
        return NotebookProgress(self, self.bars, stage, cells)


def _bars(file: TextIO) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(file=file, highlight=False)
    return Bars(
        TextColumn("{task.description:<20}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False, style="dim"),
        console=console,
        disable=not console.is_terminal,
    )


class NotebookProgress:
    """Follows one notebook; also the file to which its standard error is copied."""

    def __init__(self, progress: Progress, bars: Bars, stage: str, cells: int) -> None:
        self.progress, self.bars, self.stage, self.cells = progress, bars, stage, cells
        self.cell: int | None = None
        self.started = time.monotonic()
        self.task = bars.add_task(stage, total=cells, note="")

    def on_cell_start(self, cell: Any, cell_index: int, **_: Any) -> None:
        self.cell = cell_index
        self.bars.update(self.task, completed=cell_index, note="")

    def write(self, text: str) -> None:
        """Show the last line that a cell wrote to standard error, such as a training step."""
        lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
        if lines:
            self.bars.update(self.task, note=lines[-1].strip()[:70])

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self, ok: bool) -> None:
        self.bars.update(self.task, completed=self.cells if ok else self.cell, note="" if ok else "failed")
        if not self.bars.console.is_terminal:
            seconds = time.monotonic() - self.started
            self.progress.say(f"{'done  ' if ok else 'FAILED'} {self.stage:<20} {self.cells} cells {seconds:6.1f} s")
