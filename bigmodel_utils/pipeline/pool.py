"""Members of a sweep in processes of this machine, which share its cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any

from bigmodel_utils.pipeline import machine


def spread(jobs: int, work: Callable[..., Any], items: Sequence[Any], *rest: Any) -> list[Any]:
    """Return work(item, *rest) for every item, in order, `jobs` at a time; an error is returned in its place.

    A process that is killed, as for want of memory, takes its whole pool along: what was left then runs once more, alone.
    """
    found = _pooled(jobs, work, items, rest)
    for place, result in enumerate(found):
        if isinstance(result, BrokenProcessPool):
            found[place] = _pooled(1, work, [items[place]], rest)[0]
    return found


def _pooled(jobs: int, work: Callable[..., Any], items: Sequence[Any], rest: Sequence[Any]) -> list[Any]:
    threads = max(1, machine.cores() // jobs)
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (threads,)) as pool:
        futures = [pool.submit(work, item, *rest) for item in items]
    return [future.exception() or future.result() for future in futures]


def _begin(threads: int) -> None:
    """Let this process and its kernels compute on `threads` cores, unless a person has said otherwise, and end with its parent."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    threading.Thread(target=_follow_the_parent, daemon=True).start()


def _follow_the_parent() -> None:
    """End this process as soon as its parent is gone, even in mid-work; the kernels that it started end with it."""
    parent_process().join()
    os._exit(1)
