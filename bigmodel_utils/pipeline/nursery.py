"""Run as a script, never imported: a process that loads heavy libraries once and forks a Jupyter kernel per request.

It speaks JSON lines: {"load": [module, …]} imports one after the other, {"fork": {"argv", "env", "cwd"}} answers with the
kernel's process id. A fork goes before what still waits to be loaded: nobody waits for a library that the kernel can load
itself. It never imports bigmodel_utils: a kernel must load the project's own modules itself, since those that it loads
are causes of its result. Nothing here may start a thread, a device or an event loop, for none of them survives a fork.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import logging
import os
import select
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Serve requests until the asking process closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries ended kernels
    replies = os.dup(1)
    os.dup2(2, 1)  # a library that prints while it loads must not speak into the pipe
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # half of a kernel's start, and nobody debugs a batch run
    waiting: deque[str] = deque()
    for request in requests(waiting):
        waiting.extend(request.get("load", ()))
        if "fork" in request:
            gc.freeze()  # the collector leaves shared pages alone
            pid = os.fork()
            if pid == 0:
                os.close(replies)
                become_kernel(request["fork"])
            os.write(replies, f"{pid}\n".encode())


def requests(waiting: deque[str]) -> Iterator[dict[str, Any]]:
    """Yield requests as they come, and import what waits in between; ends with the pipe."""
    cut = b""
    while True:
        while waiting and not select.select([0], [], [], 0)[0]:
            with contextlib.suppress(ImportError):  # a missing one is the notebook's own matter
                importlib.import_module(waiting.popleft())
        if not (heard := os.read(0, 1 << 16)):
            return
        *lines, cut = (cut + heard).split(b"\n")
        yield from map(json.loads, lines)


def become_kernel(request: Mapping[str, Any]) -> None:
    """Turn this forked process into the kernel that `python -m ipykernel_launcher` would have been."""
    nursery = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no kernel outlives the chain that started it
    os.setsid()
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    signal.signal(signal.SIGTERM, leave)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # kernels that nobody seeds must differ
    serve(request["argv"], nursery)


def serve(argv: list[str], nursery: int) -> None:
    """Run the kernel to its end."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *argv]
    app = IPKernelApp.instance(parent_handle=nursery, log_level=logging.CRITICAL)  # its notes are about sockets, not cells
    app.initialize(argv)
    app.start()
    leave()


def leave(*_: object) -> None:
    """End this kernel in good order, but without tearing down what the nursery built."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
    os._exit(0)  # at once, and kernels with it: they would write on while Python takes down what it has loaded
