"""Energy of a piece of work: from the machine's own counters where it has any, else estimated from its rated power."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bigmodel_utils import facts
from bigmodel_utils.units import SECONDS_PER_HOUR, Quantity

COUNTERS = Path("/sys/class/powercap")  # Intel and AMD packages count microjoules here; often for root alone
_PACKAGES = "intel-rapl:?"
_GPU_QUERY = ("nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits")
_EVERY_SECONDS = 0.1


def of(work: Callable[[], object], kind: str, cores: int, counters: Path = COUNTERS) -> Quantity:
    """Return the energy of `work()` in kWh on device `kind` (cpu | cuda): measured where a counter answers, else estimated.

    The estimate is time times the rated power of `cores` busy vCPUs (facts, range `vcpu_watts`); it knows no GPU, so a
    GPU without its counter counts as its host alone, and says so.
    """
    metered = kind == "cuda" and shutil.which(_GPU_QUERY[0]) is not None
    before, started = _microjoules(counters), time.perf_counter()
    watts = _gpu_watts(work) if metered else _unmetered(work)
    hours = (time.perf_counter() - started) / SECONDS_PER_HOUR
    after = _microjoules(counters)
    spent = [after[name] - value for name, value in before.items() if after.get(name, -1) > value]
    if watts:
        return _measured(sum(watts) / len(watts) * hours / 1000, "nvidia-smi, power of the GPU alone")
    if spent and kind == "cpu":
        return _measured(sum(spent) / 1e6 / SECONDS_PER_HOUR / 1000, "RAPL, energy counter of the processor")
    return _estimated(hours, kind, cores)


def _estimated(hours: float, kind: str, cores: int) -> Quantity:
    rated = facts.as_range("vcpu_watts")
    low, mid, high = (rated[end] * cores * hours / 1000 for end in ("low", "mid", "high"))
    part = "of the host, without its GPU" if kind == "cuda" else "no energy counter here"
    return Quantity(
        mid=mid, low=low, high=high, unit="kWh", origin="estimated", source=rated["source"], as_of=rated["as_of"],
        method=f"time times rated power of {cores} vCPUs; {part}",
    )  # fmt: skip


def _measured(kwh: float, method: str) -> Quantity:
    return Quantity(mid=kwh, unit="kWh", origin="measured", source="this machine's counters", method=method)


def _microjoules(counters: Path) -> dict[str, int]:
    """Return the energy counter of each processor package that lets itself be read."""
    found = {}
    for package in sorted(counters.glob(_PACKAGES)):
        try:
            found[package.name] = int((package / "energy_uj").read_text())
        except (OSError, ValueError):
            continue
    return found


def _unmetered(work: Callable[[], object]) -> list[float]:
    work()
    return []


def _gpu_watts(work: Callable[[], object]) -> list[float]:
    """Return the power of the first visible GPU during `work()`, a reading about every tenth of a second."""
    device = os.environ.get("CUDA_VISIBLE_DEVICES", "").partition(",")[0] or "0"
    done, found = threading.Event(), []

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            answer = subprocess.run(  # noqa: S603  (fixed words and a device number)
                [*_GPU_QUERY, "-i", device], capture_output=True, text=True, timeout=10, check=False
            )
            found.extend(float(line) for line in answer.stdout.split() if line.replace(".", "", 1).isdigit())

    meter = threading.Thread(target=watch, daemon=True)
    meter.start()
    try:
        work()
    finally:
        done.set()
        meter.join()
    return found
