"""Requests at a real server: as many as a crowd of waiting clients sends, or at a rate that waits for nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError

_CROWD = 64
_MEMORY_EVERY_S = 0.5
_STARTS_WITHIN_S, _STOPS_WITHIN_S, _ANSWERS_WITHIN_S = 300, 30, 60
_GAUGE = b"process_resident_memory_bytes "


class LoadError(BigModelError):
    """A server that did not start, so that nothing can be measured."""


@dataclass(frozen=True)
class Step:
    """What a server did at one rate. Rates in requests/s; latency of the answered; `errors` share of all `requests`."""

    offered_rate: float
    achieved_rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: float
    peak_memory_mb: float
    requests: int


@dataclass(frozen=True)
class Target:
    """A server under test and the requests it gets, in turn."""

    host: str
    port: int
    requests: tuple[bytes, ...]

    @classmethod
    def of(cls, address: str, texts: Sequence[str]) -> Target:
        """Return the server at `address` (http://host:port) with one request per text."""
        url = urlsplit(address)
        requests = (_request(url.netloc, "POST /predict", json.dumps({"text": text}).encode()) for text in texts)
        return cls(str(url.hostname), int(url.port or 80), tuple(requests))


def _request(netloc: str, line: str, body: bytes = b"") -> bytes:
    head = f"{line} HTTP/1.1\r\nhost: {netloc}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


@contextlib.contextmanager
def started(folder: Path, batch: int) -> Iterator[str]:
    """Run `bigmodel serve` on the model `folder` in a process of its own and yield its address; it stops on the way out.

    Its log goes to a workspace that is thrown away. Raises LoadError when it ends before it listens.
    """
    command = [sys.executable, "-m", "bigmodel_utils.cli", "serve", str(folder.resolve()), "--port", "0", "--batch", str(batch)]
    with tempfile.TemporaryDirectory() as aside, open(Path(aside) / "stderr", "w+b") as errors:
        environment = {name: value for name, value in os.environ.items() if name != "BIGMODEL_TOKEN"}
        environment |= {"BIGMODEL_HOME": aside, "PYTHONPATH": str(paths.PROJECT)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603  our own command
        try:
            yield _address(process, Path(aside) / "stderr")
        finally:
            process.terminate()
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _address(process: subprocess.Popen[str], errors: Path) -> str:
    """Return the address in the first line that the server prints."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(process.stdout.readline)
        try:
            line = waiting.result(_STARTS_WITHIN_S)
        except TimeoutError:
            process.kill()
            line = ""
    for word in line.split():
        if word.startswith("http://"):
            return word
    said = " ".join(errors.read_text(encoding="utf-8", errors="replace").split())[-300:]
    raise LoadError(
        f"a server that does not start: {said}", "a model folder that `bigmodel serve` serves", "bigmodel serve FOLDER"
    )


def offered(target: Target, rate: float, seconds: float, seed: int) -> Step:
    """Send Poisson arrivals of `rate` requests/s for `seconds`, wait for the answers, and return what came of it."""
    rng = np.random.default_rng(seed)
    due = np.sort(rng.uniform(0, seconds, max(1, round(rate * seconds))))  # a Poisson process, given its number of arrivals
    order = rng.integers(len(target.requests), size=len(due))
    took, ended, answered, memory = _apart(_open_loop(target, due.tolist(), order.tolist()))
    good = 1000 * took[answered] if answered.any() else np.array([np.nan])
    p50, p95, p99 = (float(np.percentile(good, percent)) for percent in (50, 95, 99))
    achieved = float(answered.sum() / max(seconds, ended))
    return Step(rate, achieved, p50, p95, p99, float(1 - answered.mean()), memory / 1e6, len(due))


def busiest(target: Target, seconds: float) -> float:
    """Return the requests/s that a crowd of clients gets answered, each asking again once it has its answer."""
    return _apart(_closed_loop(target, seconds))


def _apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: a notebook's own loop is busy running the notebook."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _open_loop(target: Target, due: list[float], order: list[int]) -> tuple[np.ndarray, float, np.ndarray, float]:
    """Return seconds from due to answer, when the last ended, which were answered with 200, and the largest memory."""
    clients = _Clients(target)
    start = time.perf_counter()

    async def one(moment: float, number: int) -> tuple[float, bool]:
        status = await clients.status(target.requests[number])
        return time.perf_counter() - start - moment, status == 200

    watch = asyncio.create_task(clients.watch_memory())
    under_way = []
    for moment, number in zip(due, order, strict=True):
        if (early := start + moment - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        under_way.append(asyncio.create_task(one(moment, number)))
    results = await asyncio.gather(*under_way)
    ended = time.perf_counter() - start
    watch.cancel()
    await clients.look_at_memory()
    clients.close()
    return np.array([took for took, _ in results]), ended, np.array([good for _, good in results]), clients.memory


async def _closed_loop(target: Target, seconds: float) -> float:
    clients, until, done = _Clients(target), time.perf_counter() + seconds, 0

    async def ask_again(first: int) -> int:
        number = first
        while time.perf_counter() < until:
            number += await clients.status(target.requests[number % len(target.requests)]) == 200
        return number - first

    done = sum(await asyncio.gather(*(ask_again(first) for first in range(_CROWD))))
    took = seconds + time.perf_counter() - until
    clients.close()
    return done / took


class _Clients:
    """Connections to one server that stay open; a request takes an idle one or opens another."""

    def __init__(self, target: Target) -> None:
        self.target, self.memory = target, 0.0
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def status(self, request: bytes) -> int:
        """Return the HTTP status of the answer, 0 when there is none."""
        return (await self._answer(request))[0]

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        connection = None
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                connection = (
                    self._idle.pop() if self._idle else await asyncio.open_connection(self.target.host, self.target.port)
                )
                reader, writer = connection
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            if connection:
                connection[1].close()
            return 0, b""
        self._idle.append(connection)
        return int(head[9:12]), body

    async def look_at_memory(self) -> None:
        """Ask the server what it holds, bytes; where the system does not tell, the figure stays 0."""
        _, text = await self._answer(_request(f"{self.target.host}:{self.target.port}", "GET /metrics"))
        self.memory = max([self.memory, *(float(line.split()[1]) for line in text.splitlines() if line.startswith(_GAUGE))])

    async def watch_memory(self) -> None:
        while True:
            await self.look_at_memory()
            await asyncio.sleep(_MEMORY_EVERY_S)

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
