"""Requests that arrive together are answered together: one queue, one model thread, batches of whatever waits."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

Predict = Callable[[Sequence[str]], np.ndarray]  # texts -> probabilities (texts, labels)
Observe = Callable[[Sequence[str], np.ndarray], None]


class QueueFullError(Exception):
    """More texts wait than the queue holds; the client should come back later."""


@dataclass(eq=False)
class _Asked:
    """One request: its texts, the rows answered so far, and the future that its client awaits."""

    texts: Sequence[str]
    answer: asyncio.Future[np.ndarray]
    rows: dict[int, np.ndarray] = field(default_factory=dict)

    def fill(self, place: int, row: np.ndarray) -> None:
        self.rows[place] = row
        if len(self.rows) == len(self.texts) and not self.answer.done():
            self.answer.set_result(np.stack([self.rows[place] for place in range(len(self.texts))]))


class Batcher:
    """Collects texts of concurrent requests into batches of at most `most_texts` and answers them one batch at a time.

    While the model works, the next batch gathers; an idle model waits `wait_ms` for company after the first text.
    `queue_limit` counts texts. `observe` sees each answered batch while the model already works on the next one.
    Use as an async context manager, which answers what waits before it ends; a cancelled request leaves the queue uncomputed.
    """

    def __init__(
        self, predict: Predict, most_texts: int, wait_ms: float, queue_limit: int, observe: Observe | None = None
    ) -> None:
        self.predict, self.observe = predict, observe
        self.most_texts, self.wait_s, self.queue_limit = most_texts, wait_ms / 1000 if most_texts > 1 else 0.0, queue_limit
        self._queue: deque[tuple[_Asked, int]] = deque()
        self._arrived = asyncio.Event()
        self._promised: set[asyncio.Future] = set()
        self._model, self._witness = (ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("model", "log"))

    async def __aenter__(self) -> Batcher:
        self._work = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.alive and self._promised:
            await asyncio.wait(self._promised)
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)
        for thread in (self._model, self._witness):
            thread.shutdown()

    @property
    def waiting(self) -> int:
        """Texts in the queue."""
        return len(self._queue)

    @property
    def alive(self) -> bool:
        """Whether texts in the queue will be answered."""
        return not self._work.done()

    async def answer(self, texts: Sequence[str]) -> np.ndarray:
        """Return probabilities (texts, labels) in the order of `texts`; raises QueueFullError when they do not fit."""
        if len(self._queue) + len(texts) > self.queue_limit:
            raise QueueFullError
        asked = _Asked(texts, asyncio.get_running_loop().create_future())
        self._promised.add(asked.answer)
        asked.answer.add_done_callback(self._promised.discard)
        self._queue.extend((asked, place) for place in range(len(texts)))
        self._arrived.set()
        return await asked.answer

    async def _run(self) -> None:
        loop, seen = asyncio.get_running_loop(), None
        while True:
            batch = await self._gather()
            if not batch:
                continue
            texts = [asked.texts[place] for asked, place in batch]
            try:
                rows = await loop.run_in_executor(self._model, self.predict, texts)
            except Exception as error:  # whatever the model raises belongs to these requests; the server goes on
                for asked, _ in batch:
                    if not asked.answer.done():
                        asked.answer.set_exception(error)
                continue
            for (asked, place), row in zip(batch, rows, strict=True):
                asked.fill(place, row)
            if self.observe:
                if seen:
                    await seen  # a slow log holds the model back instead of piling up
                seen = loop.run_in_executor(self._witness, self._observed, texts, rows)

    def _observed(self, texts: Sequence[str], rows: np.ndarray) -> None:
        try:
            self.observe(texts, rows)
        except Exception:  # a full disk must not stop the answers
            logging.getLogger(__name__).exception("an answered batch could not be logged")

    async def _gather(self) -> list[tuple[_Asked, int]]:
        """Return the next texts whose clients still wait, oldest first."""
        if not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
            if self.wait_s and len(self._queue) < self.most_texts:
                await asyncio.sleep(self.wait_s)
        batch: list[tuple[_Asked, int]] = []
        while self._queue and len(batch) < self.most_texts:
            asked, place = self._queue.popleft()
            if not asked.answer.done():
                batch.append((asked, place))
        return batch
