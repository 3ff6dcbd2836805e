"""Work in parts on a CPU, each part on a core of its own.

Threads that share one product wait for each other at its end, many times a text, and longest where another program takes a core.
Parts that need nothing of each other need not wait.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

Part = TypeVar("Part")
Result = TypeVar("Result")
_NAME = "core"


def count(kind: str = "cpu") -> int:
    """Return on how many cores this thread may spread work: one for a device that is no CPU, and one inside such work."""
    inside = threading.current_thread().name.startswith(_NAME)
    return 1 if kind != "cpu" or inside else torch.get_num_threads()


def each(work: Callable[[Part], Result], parts: Sequence[Part], kind: str = "cpu") -> Iterator[Result]:
    """Yield what `work` makes of each of `parts`, in their order; on a CPU so many at once as there are cores, else one by one."""
    cores = count(kind)
    workers = min(cores, len(parts))
    return map(work, parts) if workers < 2 else _pool(workers, cores // workers).map(work, parts)


@cache
def _pool(workers: int, threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, _NAME, _keep_to, (threads,))


def _keep_to(threads: int) -> None:
    """Let the products of this thread use no more than so many threads."""
    torch.get_num_threads()  # torch sets a new thread's number at first use, which must come before
    threadpool_limits(threads, user_api="openmp")


os.register_at_fork(after_in_child=_pool.cache_clear)  # threads stay with the parent
