"""What `bigmodel doctor` looks at: each finding with its mend."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from bigmodel_utils import facts, paths, scenario
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline.runner import FREE_BYTES

NEEDED_MEMORY = 4 * 2**30
_INSTALL = "pip install -c requirements.lock -e ."


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` says what to do when it is not `ok`."""

    ok: bool
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"[{'OK' if self.ok else 'FAIL'}] {self.what}" + ("" if self.ok else f"; mend: {self.mend}")


def findings() -> list[Finding]:
    """Return what this machine has, in the order in which a person would mend it."""
    return [_python(), *_packages(), _disk(), _memory(), _device(), _downloads(), _font(), _writable(), *_content()]


def _python() -> Finding:
    return Finding(sys.version_info >= (3, 11), f"Python {platform.python_version()}", "install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    """Compare what is installed with the lock."""
    lock = paths.PROJECT / "requirements.lock"
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock.read_text(encoding="utf-8"), re.M)) if lock.is_file() else {}
    core = [re.match(r"[\w.-]+", need).group() for need in metadata.requires("bigmodel") or [] if "extra ==" not in need]
    for name in core:
        try:
            found = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            found = None
        wanted = pins.get(name.lower(), found)
        if found != wanted or found is None:
            yield Finding(False, f"{name} {found or 'is missing'}, pinned {wanted}", _INSTALL)
    yield Finding(True, f"{len(core)} packages looked at")


def _disk() -> Finding:
    free = shutil.disk_usage(_home()).free
    return Finding(
        free >= FREE_BYTES, f"{free / 2**30:.0f} GB of free disk", "free space, or set BIGMODEL_HOME to another disk"
    )


def _memory() -> Finding:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return Finding(True, "memory: not told by this system")
    return Finding(total >= NEEDED_MEMORY, f"{total / 2**30:.0f} GB of memory", "the default scenario needs 4 GB")


def _device() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library of the system that it needs is missing
        return Finding(False, f"torch: {error}", _INSTALL)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else f"no GPU, {os.cpu_count()} CPU cores"
    return Finding(True, f"torch {torch.__version__}: {gpu}")


def _downloads() -> Finding:
    from bigmodel_utils.data import packages

    here = sum((paths.raw() / "packages" / pin.file).is_file() for pin in packages.pins().values())
    return Finding(
        True, f"{here} of {len(packages.pins())} packages of data and weights fetched; the others need a network once"
    )


def _font() -> Finding:
    from bigmodel_utils.report import font

    return Finding(
        font.source() is not None, "a Chinese typeface for reports", "pip install -c requirements.lock justmytype-intl-cjk"
    )


def _writable() -> Finding:
    return Finding(os.access(_home(), os.W_OK), "the workspace is writable", "set BIGMODEL_HOME to a folder of your own")


def _home() -> Path:
    """Return the workspace, or the folder in which a run would make it."""
    home = paths.workspace()
    return next(folder for folder in (home, *home.parents) if folder.exists())


def _content() -> Iterator[Finding]:
    """Load every fact table and every shipped scenario."""
    for name, load in [*((t, facts.rows) for t in facts.tables()), *((s, scenario.load) for s in scenario.names())]:
        try:
            load(name)
        except BigModelError as error:
            yield Finding(False, f"{name}: {error.given}", error.mend)
    yield Finding(True, f"{len(facts.tables())} fact tables and {len(scenario.names())} scenarios looked at")
