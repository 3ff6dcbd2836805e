"""How much a served model bears: open-loop arrivals at several rates against a real server on this machine.

Arrivals are a Poisson process that does not wait for answers, and latency runs from the moment a request was due: a
server that falls behind cannot slow its own test down (coordinated omission, Tene 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import count, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from bigmodel_utils.deployment.traffic import Step, Target, busiest, offered, started
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.choices import Deployment

_SHARES = (0.5, 0.7, 0.85, 1.0, 1.2)  # of the rate that a crowd of waiting clients reached; climbed until one does not hold
_LOWER = (0.35, 0.25, 0.17, 0.12, 0.06)  # tried in turn when none of them holds
_LEAST_SHARE = 0.9  # of the offered rate that must be answered within the step; less is a growing queue
BATCHED, ALONE = 32, 1  # texts answered together


@dataclass(frozen=True)
class LoadResult:
    """`frame`: batching (bool), offered_rate, achieved_rate (requests/s), p50_ms, p95_ms, p99_ms, errors (share), peak_memory_mb.

    `sustained` is the highest rate that held (0: none did), `alone` the same with requests answered one by one.
    """

    frame: pd.DataFrame
    sustained: Quantity
    alone: Quantity
    latency_p95_ms: float


def measure(folder: Path, texts: Sequence[str], deployment: Deployment, seed: int) -> LoadResult:
    """Return the load that the model of `folder` bears with and without batching, one text of `texts` per request.

    Two server processes on loopback, started together and worked one at a time. Raises LoadError when one does not start.
    """
    import pandas as pd

    servers = [started(folder, batch) for batch in (BATCHED, ALONE)]
    with ExitStack() as stack, ThreadPoolExecutor(len(servers)) as starters:
        targets = [Target.of(address, texts) for address in starters.map(stack.enter_context, servers)]
        found = [_sustained(target, deployment, seed) for target in targets]
    frame = pd.DataFrame(
        [
            {"batching": batching, **asdict(step)}
            for batching, (_, steps) in zip((True, False), found, strict=True)
            for step in steps
        ]
    )
    (sustained, _), (alone, _) = found
    return LoadResult(frame, sustained, alone, deployment.latency_p95_ms)


def _sustained(target: Target, deployment: Deployment, seed: int) -> tuple[Quantity, list[Step]]:
    seeds = count(seed)
    seconds, limit = deployment.load_seconds, deployment.latency_p95_ms
    top = max(busiest(target, seconds / 2) for _ in range(2))  # the first one also warms the server up

    def attempt(rate: float) -> Step:
        return offered(target, rate, seconds, next(seeds))

    return search(attempt, top, limit)


def holds(step: Step, limit_ms: float) -> bool:
    """Whether a step kept the service level: no error, no growing queue, 95 of 100 answers within `limit_ms`."""
    seconds = step.requests / step.offered_rate + limit_ms / 1000  # the last one asked has its time, too
    keeps_up = step.achieved_rate >= _LEAST_SHARE * step.requests / seconds
    return step.errors == 0 and step.p95_ms <= limit_ms and keeps_up


def search(attempt: Callable[[float], Step], top: float, limit_ms: float) -> tuple[Quantity, list[Step]]:
    """Return the highest rate that `attempt` holds, and every step tried in the order of its rate.

    top: a rate near saturation, requests/s. The rate climbs until it does not hold; the best one must hold again, with a third
    chance after a passing disturbance, else the next lower one takes its place, at last ones below where the climb began. The
    interval runs from the next lower rate that held to the lowest that did not.
    """
    steps: list[Step] = []

    def held(rate: float) -> bool:
        steps.append(attempt(rate))
        return holds(steps[-1], limit_ms)

    def again(rate: float) -> bool:
        return held(rate) or held(rate)

    good = [0.0, *takewhile(held, (share * top for share in _SHARES))]
    while good[-1] > 0 and not again(good[-1]):
        good.pop()
    if len(good) == 1:
        good += islice((share * top for share in _LOWER if held(share * top) and again(share * top)), 1)
    best, lower = good[-1], good[-2] if len(good) > 2 else good[-1]
    high = min((step.offered_rate for step in steps if step.offered_rate > best), default=best)
    requests = sum(step.requests for step in steps if step.offered_rate == best)
    return _quantity(best, lower, high, requests, limit_ms), sorted(steps, key=lambda step: step.offered_rate)


def _quantity(best: float, low: float, high: float, requests: int, limit_ms: float) -> Quantity:
    method = (
        f"highest rate of Poisson arrivals at which 95 % were answered within {limit_ms:g} ms, twice; "
        "from the next lower rate that held to the lowest that did not"
    )
    return Quantity(
        mid=best, low=low, high=high, unit="requests/s", origin="measured", source="server and load on this machine",
        n=requests, method=method,
    )  # fmt: skip
