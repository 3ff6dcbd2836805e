"""The model behind a server: loaded while the server already listens, replaced without a gap when another is released."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.deployment import release
from bigmodel_utils.deployment.batching import Batcher, QueueFullError
from bigmodel_utils.deployment.gauges import Gauges
from bigmodel_utils.deployment.intake import Limits, RequestRefused
from bigmodel_utils.deployment.monitor import PredictionLog, log_path

if TYPE_CHECKING:
    import numpy as np

    from bigmodel_utils.deployment.runtime import Runtime

_LOOK_EVERY_S = 1.0  # for another release
_AGAIN = {"retry-after": "1"}  # seconds


@dataclass(frozen=True)
class Line:
    """A model with a queue of its own: a request that began with it ends with it, whatever is released meanwhile."""

    model: str
    runtime: Runtime
    batcher: Batcher
    way_out: AsyncExitStack


class Service:
    """What the HTTP routes share: the line in use, the limits, the numbers for Prometheus, the log.

    `failure` is why the first model could not be loaded; `ready` and `stop` are called when it was, or was not.
    """

    def __init__(self, served: release.Served, limits: Limits, token: str | None) -> None:
        self.served, self.limits, self.token = served, limits, token
        self.line: Line | None = None
        self.failure: Exception | None = None
        self.ready: Callable[[], None] = lambda: None
        self.stop: Callable[[], None] = lambda: None
        self.gauges = Gauges(lambda: self.line.batcher.waiting if self.line else 0)
        self._log, self._trouble = PredictionLog(log_path(served.name)), ""

    @property
    def model(self) -> str:
        """The id of the model in use, or on its way."""
        return self.line.model if self.line else self.served.model

    @property
    def state(self) -> str:
        """loading, ok or failed."""
        if self.line is None:
            return "loading"
        return "ok" if self.line.batcher.alive else "failed"

    async def keep(self) -> None:
        """Load the model, then follow what is released, until cancelled; without a first model, stop the server."""
        try:
            self.line = await self._opened(self.served)
        except Exception as error:  # raised again by whoever started the server
            self.failure = error
            self.stop()
            return
        self.ready()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._follow()

    async def close(self) -> None:
        """Answer what waits, and end."""
        if self.line:
            await self.line.way_out.aclose()
        self._log.close()

    async def answer(self, texts: list[str]) -> tuple[Line, np.ndarray]:
        """Return who answered, and the probabilities (texts, labels); raises RequestRefused with 429, 503 or 504."""
        line = self.line
        if line is None:
            raise RequestRefused(
                503, "the model is still loading", "a server that is ready", "come back a second later", _AGAIN
            )
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                return line, await line.batcher.answer(texts)
        except QueueFullError:
            given, allowed = f"{line.batcher.waiting} texts wait already", f"at most {self.limits.queue_texts} waiting"
            raise RequestRefused(429, given, allowed, "come back a second later", _AGAIN) from None
        except TimeoutError:
            given = f"no answer within {self.limits.answer_seconds:g} s"
            raise RequestRefused(504, given, "a queue shorter than that", "send less, or later") from None

    async def _opened(self, served: release.Served) -> Line:
        runtime, way_out = await asyncio.to_thread(_loaded, served.folder), AsyncExitStack()

        def predict(texts: list[str]) -> np.ndarray:
            self.gauges.batches.observe(len(texts))
            return runtime.probabilities(texts)

        def seen(texts: list[str], rows: np.ndarray) -> None:
            for best, count in Counter(rows.argmax(axis=1).tolist()).items():
                self.gauges.labels.labels(runtime.labels[best]).inc(count)
            self._log.write(served.model, runtime.labels, texts, rows)

        limits = self.limits
        batcher = Batcher(predict, limits.batch_texts, limits.batch_wait_ms, limits.queue_texts, seen)
        return Line(served.model, runtime, await way_out.enter_async_context(batcher), way_out)

    async def _follow(self) -> None:
        """Change over to the release that the pointer names; one that does not load leaves the present model in use."""
        try:
            other = release.after(self.served)
            if other is None:
                return
            self.served = other  # tried once
            line = await self._opened(other)
        except Exception as error:  # whatever is wrong with it, the present model answers
            if str(error) != self._trouble:
                logging.getLogger(__name__).exception("the model released last is not served; %s goes on", self.model)
            self._trouble = str(error)
            return
        before, self.line = self.line, line
        self.ready()
        if before:
            await before.way_out.aclose()


def _loaded(folder: Path) -> Runtime:
    from bigmodel_utils.deployment.runtime import Runtime

    runtime = Runtime.load(folder)
    runtime.probabilities(["."])  # the first answer prepares kernels; no client should wait for that
    return runtime
