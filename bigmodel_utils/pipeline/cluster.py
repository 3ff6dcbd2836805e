"""Members of a sweep on several machines: an existing Dask cluster, whose workers share this workspace's folder."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from bigmodel_utils import __version__, paths
from bigmodel_utils.errors import BigModelError

if TYPE_CHECKING:
    from distributed import Client

SECONDS = 15  # until an address counts as unreachable
PACKAGE = "bigmodel"
_one_at_a_time = threading.Lock()  # a worker with several threads still runs one member at a time


class ClusterError(BigModelError):
    """A cluster that cannot be used."""


@contextlib.contextmanager
def connected(address: str, seconds: float = SECONDS) -> Iterator[Client]:
    """Yield a client of the scheduler at `address`, every worker of which has this package and sees this workspace.

    Raises ClusterError for a missing library, an address that does not answer, and a worker that could not do the work.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "--cluster without the library distributed", "the extra `cluster`", "pip install 'bigmodel[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(
            f"--cluster {address}: {told[:200]}", "the address of a running scheduler, e.g. tcp://host:8786", "dask scheduler"
        ) from None
    try:
        _ready(client, address)
        yield client
    finally:
        client.close()


def spread(client: Client, work: Callable[..., Any], items: Sequence[Any], *rest: Any) -> list[Any]:
    """Return work(item, *rest) for every item, in order; an error is returned in its place.

    An item whose worker dies is done again by another one; the cluster's `allowed-failures` says how often.
    """
    futures = [client.submit(_here, str(paths.workspace()), work, item, *rest, pure=False) for item in items]
    return [future.exception() or future.result() for future in futures]


def _here(home: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do the work on a worker, in the workspace that was asked for, with the cores that the worker was given."""
    from distributed import get_worker

    with _one_at_a_time:
        os.environ["BIGMODEL_HOME"] = home
        os.environ.setdefault("OMP_NUM_THREADS", str(get_worker().state.nthreads))
        return work(*arguments)


def _ready(client: Client, address: str) -> None:
    """Refuse workers that could not do the work; asked in words that a worker without the package understands too."""
    versions = client.run(metadata.version, PACKAGE, on_error="return")
    if not versions:
        raise ClusterError(f"--cluster {address}, which has no worker", "at least one", f"dask worker {address}")
    for worker, found in versions.items():
        if found != __version__:
            given = found if isinstance(found, str) else "no version"
            raise ClusterError(
                f"worker {worker} has {given} of {PACKAGE}", f"{__version__}, as here", "install the same version there"
            )
    for worker, found in client.run(os.path.isdir, str(paths.workspace()), on_error="return").items():
        if found is not True:
            raise ClusterError(
                f"worker {worker} does not see this workspace", "a folder that all machines share", "BIGMODEL_HOME"
            )
