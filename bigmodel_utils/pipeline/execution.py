"""Executing one notebook with papermill, so that its outputs survive whatever happens in a cell."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import nbformat

from bigmodel_utils import paths
from bigmodel_utils.pipeline import contract, journal, resume
from bigmodel_utils.pipeline.failure import CellFailed
from bigmodel_utils.pipeline.progress import Progress

SKIPPED_TAG = "explore"
_KERNEL_LOST = (RuntimeError, TimeoutError, ConnectionError, ChildProcessError)  # it died, fell silent or never began


def notebook(stage: str) -> nbformat.NotebookNode:
    """Return the stage's notebook without its `explore` cells; raises ParameterError when parameters are not as agreed."""
    path = paths.notebooks() / f"{stage}.ipynb"
    content = nbformat.read(path, as_version=4)
    contract.declared(content, path.name)
    content.cells = [cell for cell in content.cells if SKIPPED_TAG not in cell.metadata.get("tags", [])]
    return content


def execute(
    stage: str,
    parameters: Mapping[str, Any],
    output: Path,
    progress: Progress,
    libraries: Container[str] = (),
    meanwhile: Callable[[], object] = lambda: None,
) -> Path:
    """Run one notebook and return the executed copy at `output`.

    `libraries` names those that this kernel, and the one after it, had better find in memory. `meanwhile` is called when the
    kernel is ready, from when on nothing is to be done here but wait. On failure the copy is kept beside it as
    `<stage>.failed.ipynb` and CellFailed is raised.
    """
    from bigmodel_utils.pipeline import kernels

    kernels.warm(libraries)  # they load while papermill itself does, and later while cells run
    import papermill
    from nbclient.exceptions import CellExecutionError
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    from bigmodel_utils.pipeline.engine import NAME, Engine

    papermill_engines.register(NAME, Engine)  # also where the package was installed before it had this entry point
    content = notebook(stage)
    running = resume.running(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    current = progress.notebook(stage, len(content.cells))
    failed: CellFailed | None = None
    try:
        papermill.execute_notebook(
            content,
            str(running),
            dict(parameters),
            engine_name=NAME,
            kernel_name="python3",
            progress_bar=False,
            cwd=str(paths.notebooks()),
            config=Config(KernelManager={"transport_encryption": "auto"}),
            stderr_file=current,
            on_notebook_start=lambda **_: meanwhile(),
            on_cell_start=current.on_cell_start,
        )
    except PapermillExecutionError as error:
        failed = CellFailed(stage, error.cell_index, error.ename, error.evalue)
    except (CellExecutionError, *_KERNEL_LOST) as error:
        failed = CellFailed(stage, current.cell, type(error).__name__, str(error).partition("\n")[0] or "no answer")
    finally:
        current.finish(ok=failed is None and running.exists())
    kept = output.with_name(f"{stage}.failed.ipynb")
    if failed:
        journal.publish(running, kept)
        raise failed
    journal.publish(running, output)
    kept.unlink(missing_ok=True)
    return output
