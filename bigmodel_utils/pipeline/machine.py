"""What a run was computed on, as far as it may explain a time or a figure; nothing that names the machine or its owner."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

from bigmodel_utils import trace


def facts() -> dict[str, Any]:
    """Return system, processor, cores that may be used, memory in GB, device class and GPU models."""
    return {
        "system": platform.system(),
        "processor": _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": cores(),
        "memory_gb": _memory_gb(),
        "device": trace.device_class(),
        "gpus": [_first(path, r"Model:\s*(.+)") for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))],
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _first(path: Path, pattern: str) -> str | None:
    try:
        found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return found[1].strip() if found else None
