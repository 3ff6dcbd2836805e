"""How Jupyter starts and watches a kernel that the nursery forks."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from bigmodel_utils.pipeline.kernels import LAUNCHER, nursery


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of the nursery; everything else is as for a local kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        self.cwd = str(kwargs.get("cwd") or Path.cwd())
        argv = cmd[cmd.index(LAUNCHER) + 1 :]
        self.pid = self.pgid = nursery().fork(argv, kwargs["env"], self.cwd)
        self.process = _Forked(self.pid)
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Ask the kernel to end, and do not wait: its results are in, and it cannot outlive the nursery."""
        self.process.terminate()
        self.process.forget()


class _Forked:
    """What the provisioner asks of a process that is not its own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid, self.returncode = pid, None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle, self.returncode = None, -signal.SIGKILL

    def poll(self) -> int | None:
        if self._handle is not None and select.select([self._handle], [], [], 0)[0]:
            self.forget()  # how it ended, only the nursery could tell
        return self.returncode

    def wait(self) -> int | None:
        if self._handle is not None:
            select.select([self._handle], [], [])
        return self.poll()

    def send_signal(self, number: int) -> None:
        if self._handle is not None:
            signal.pidfd_send_signal(self._handle, number)

    def forget(self) -> None:
        """Take the process for ended."""
        self.returncode = self.returncode or 0
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
