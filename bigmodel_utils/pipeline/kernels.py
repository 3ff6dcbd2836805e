"""Kernels that start warm: forked from one process per chain that has the heavy libraries loaded (Linux)."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bigmodel_utils.notebook import QUIET

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpec

LAUNCHER = "ipykernel_launcher"
EVERY = (
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
    "pydantic",
    "yaml",
    "matplotlib_inline.backend_inline",
)  # what a kernel and `notebook.start` load
HEAVY = {
    "numpy": ("numpy",),
    "pandas": ("pandas", "pyarrow.parquet"),
    "scipy": ("scipy.stats",),
    "matplotlib": ("matplotlib.pyplot", "seaborn"),
    "scikit-learn": ("sklearn.linear_model", "sklearn.feature_extraction.text"),
    "torch": ("torch",),
    "transformers": (
        "transformers.modeling_utils",
        "transformers.models.auto.modeling_auto",
        "transformers.models.auto.tokenization_auto",
    ),
}  # what of a library takes long to import
BACKEND = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # chosen before matplotlib loads, as a kernel does


def can_fork(spec: KernelSpec) -> bool:
    """Whether a kernel of this kind may be forked: Linux, and the Python that runs this very process."""
    return sys.platform == "linux" and LAUNCHER in spec.argv and Path(spec.argv[0]).name.startswith("python")


class Nursery:
    """The process that forks kernels; it ends with this one, however this one ends."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(script)],  # -P: this folder's modules must not hide libraries of the same name
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**QUIET, **os.environ, **BACKEND},
            text=True,
        )
        self.load(EVERY)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def load(self, modules: Iterable[str]) -> None:
        """Ask for modules to be imported, in this order, and do not wait for it."""
        self._ask({"load": list(modules)})

    def fork(self, argv: list[str], env: Mapping[str, str], cwd: str) -> int:
        """Return the process id of a new kernel; raises OSError when the nursery is gone."""
        self._ask({"fork": {"argv": argv, "env": dict(env), "cwd": cwd}})
        return int(self._process.stdout.readline() or self._gone())

    def close(self) -> None:
        """End the nursery and every kernel that still hangs on it."""
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, request: Mapping[str, Any]) -> None:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _gone(self) -> int:
        raise ChildProcessError(f"the process that forks kernels ended with {self._process.wait()}")


@functools.cache
def _nurseries() -> list[Nursery]:
    return []


def nursery() -> Nursery:
    """Return this process's nursery, started at the first call and again when it has died."""
    kept = _nurseries()
    if not (kept and kept[-1].alive):
        kept[:] = [Nursery()]
    return kept[-1]


def warm(libraries: Container[str]) -> None:
    """Let the nursery import those of `libraries` that take long; does not wait, and does nothing where kernels do not fork."""
    modules = [module for name, modules in HEAVY.items() if name in libraries for module in modules]
    if modules and sys.platform == "linux":
        nursery().load(modules)
