"""The papermill engine `bigmodel`: forked warm kernels and a journal; `papermill --engine bigmodel IN OUT` has both."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from jupyter_client import AsyncKernelClient, KernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger

from bigmodel_utils import trace
from bigmodel_utils.pipeline import contract, journal, kernels
from bigmodel_utils.pipeline.provisioner import WarmProvisioner

NAME = "bigmodel"


class JournalManager(NotebookExecutionManager):
    """Papermill's record of an execution, at a cost per cell that does not grow with the notebook.

    Papermill writes the whole file before and after each cell; here a finished cell is one line beside the file.
    """

    def notebook_start(self, **kwargs: Any) -> None:
        super().notebook_start(**kwargs)
        self._write_whole()

    def notebook_complete(self, **kwargs: Any) -> None:
        super().notebook_complete(**kwargs)
        self._write_whole()

    def cell_complete(self, cell: nbformat.NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        super().cell_complete(cell, cell_index, **kwargs)
        if self.output_path and cell.cell_type == "code":
            journal.append(Path(self.output_path), cell_index, self.nb.cells[cell_index])

    def save(self, **_: Any) -> None:
        """Papermill asks for this around every cell; the journal makes it needless."""

    def _write_whole(self) -> None:
        if self.output_path:
            journal.whole(Path(self.output_path), json.dumps(self.nb, ensure_ascii=False))  # papermill lays it out at the end


class Engine(NBClientEngine):
    """Executes a notebook as papermill's own engine does, with less beside the compute."""

    @classmethod
    def execute_notebook(
        cls,
        nb: nbformat.NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 0,
        **kwargs: Any,
    ) -> nbformat.NotebookNode:
        """Return the executed notebook; raises ParameterError or ScenarioError for parameters that it does not take.

        `autosave_cell_every` is accepted and needless, since cells go to the journal.
        """
        contract.accept(nb)
        manager = JournalManager(nb, output_path, log_output, progress_bar, autosave_cell_every=0)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: JournalManager,
        kernel_name: str,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Run the cells, in a kernel that was forked warm where this is possible."""
        options = {key: value for key, value in kwargs.items() if key not in {"input_path", "timeout", "startup_timeout"}}
        _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout or kwargs.get("timeout"),
            log=logger,
            **options,
        ).execute()


class _Client(PapermillNotebookClient):
    def create_kernel_manager(self) -> KernelManager:
        """Return the manager that papermill makes, its kernel forked from a warm process where this machine can fork."""
        manager = super().create_kernel_manager()
        if kernels.can_fork(manager.kernel_spec):
            kernels.warm(_imported(self.nb))
            self.shutdown_kernel = "immediate"
            manager.client_factory = PromptClient
            manager.provisioner = WarmProvisioner(kernel_id="", kernel_spec=manager.kernel_spec, parent=manager)
        return manager


class PromptClient(AsyncKernelClient):
    """Begins as soon as its kernel has answered; others then wait until the kernel's output was silent for a fifth of a second."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when both channels work; raises RuntimeError when the kernel dies, TimeoutError after so many seconds."""
        async with asyncio.timeout(timeout):
            while await self.is_alive():
                asked = self.kernel_info()
                with contextlib.suppress(Empty):  # output that was sent before this channel listened is lost: ask again
                    await self.get_shell_msg(timeout=1)
                    while not _idle_after(asked, await self.get_iopub_msg(timeout=0.2)):
                        pass
                    return
        raise RuntimeError("the kernel died before it answered")


def _idle_after(request: str, message: dict[str, Any]) -> bool:
    """Whether a kernel says that it has dealt with a request."""
    return message["parent_header"].get("msg_id") == request and message["content"].get("execution_state") == "idle"


def _imported(notebook: nbformat.NotebookNode) -> set[str]:
    """Return the libraries that the cells import themselves: plain papermill users are forked warm from the second one on."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return set().union(*map(trace.imports, sources))
