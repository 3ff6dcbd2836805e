"""How many runs a GPU holds at a time, from what the first one was seen to take."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

EVERY_SECONDS = 0.5
SPARE = 0.1  # of the memory stays free: what runs take differs a little


@dataclass
class Seen:
    """Memory of the fullest GPU in MiB: all of it, in use before a run, and at most while it ran."""

    total: float = 0.0
    before: float = 0.0
    peak: float = 0.0

    def runs(self, asked: int) -> int:
        """Return how many such runs fit beside each other, at most `asked` and at least one."""
        taken = self.peak - self.before
        free = self.total * (1 - SPARE) - self.before
        return asked if taken <= 0 else max(1, min(asked, int(free / taken)))


@contextlib.contextmanager
def watched() -> Iterator[Seen]:
    """Yield what is seen of the GPU until the block ends; nothing where there is none."""
    used, total = _memory()
    seen, over = Seen(total, used, used), threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, over), daemon=True)
    if total:
        watcher.start()
    try:
        yield seen
    finally:
        over.set()
        if total:
            watcher.join()


def _watch(seen: Seen, over: threading.Event) -> None:
    while not over.wait(EVERY_SECONDS):
        seen.peak = max(seen.peak, _memory()[0])


def _memory() -> tuple[float, float]:
    """Return (used, total) memory in MiB of the GPU with least room; zeros without one."""
    ask = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=10).stdout  # noqa: S603
        rows = [tuple(map(float, line.split(","))) for line in told.splitlines() if line.strip()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0.0, 0.0
    return max(rows, key=lambda row: row[0] - row[1], default=(0.0, 0.0))
