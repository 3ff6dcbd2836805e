"""Work that other processes do in a test: it tells who does it and waits for a sign."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def tell_and_wait(item: int, folder: str) -> tuple[int, str, str]:
    """Note this process beside `item`, wait for the file `go`, and return item, workspace and threads; item 3 fails."""
    with (Path(folder) / f"{item}.pids").open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    until = time.monotonic() + 60
    while not (Path(folder) / "go").exists() and time.monotonic() < until:
        time.sleep(0.02)
    if item == 3:
        raise ValueError("item 3 cannot be done")
    return item, os.environ["BIGMODEL_HOME"], os.environ["OMP_NUM_THREADS"]


def gone(pid: int) -> None:
    """Wait until the process is no more."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} outlived the one that started it")


def die_once(item: int, folder: str) -> str:
    """Kill this process when item 1 comes for the first time, item 2 always; return the threads that the others have."""
    mark = Path(folder) / f"{item}.died"
    if item == 2 or (item == 1 and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if item == 3:
        raise ValueError("item 3 cannot be done")
    return os.environ["OMP_NUM_THREADS"]
