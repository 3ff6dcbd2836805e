"""A real scheduler and two worker processes on loopback: work is spread, a killed worker's work is done again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from slow_work import tell_and_wait

from bigmodel_utils.pipeline import cluster, sweep

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
HERE = str(Path(__file__).parent)


def until(found: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that other processes do."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def dask(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    quiet = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error", "OMP_NUM_THREADS": ""}
    env = {key: value for key, value in {**os.environ, "PYTHONPATH": HERE, **quiet}.items() if value}
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "dask", *words], env=env, stdout=log, stderr=log, cwd=folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler on loopback with two single-threaded workers."""
    folder = tmp_path_factory.mktemp("dask")
    told = folder / "scheduler.json"
    common = ("--host", "127.0.0.1", "--no-dashboard")
    started = [dask("scheduler", *common, "--port", "0", "--scheduler-file", str(told), folder=folder)]
    try:
        until(told.is_file)
        found = json.loads(told.read_text(encoding="utf-8"))["address"]
        with pytest.raises(cluster.ClusterError, match="no worker"), cluster.connected(found):
            pass
        worker = ("worker", found, *common, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
        started += [dask(*worker, folder=folder) for _ in range(2)]
        yield found
    finally:
        for process in started:
            process.kill()
            process.wait()


def workers(client: object, count: int) -> None:
    until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) >= count)


def test_a_workspace_or_version_that_workers_lack_is_refused(
    address: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        workers(client, 2)
    with monkeypatch.context() as changed:
        changed.setattr(cluster, "__version__", "99.0")
        with pytest.raises(cluster.ClusterError, match=r"99\.0, as here"), cluster.connected(address):
            pass
    with monkeypatch.context() as changed:
        changed.setattr(cluster, "PACKAGE", "bigmodel-that-nobody-installed")
        with pytest.raises(cluster.ClusterError, match="no version"), cluster.connected(address):
            pass
    monkeypatch.setenv("BIGMODEL_HOME", str(workspace / "nowhere"))
    with pytest.raises(cluster.ClusterError, match="does not see this workspace"), cluster.connected(address):
        pass


def test_work_of_a_killed_worker_is_done_again_and_errors_keep_their_place(address: str, workspace: Path) -> None:
    def started(item: int) -> list[int]:
        path = workspace / f"{item}.pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    with cluster.connected(address) as client, ThreadPoolExecutor(1) as pool:
        spread = pool.submit(cluster.spread, client, tell_and_wait, range(5), str(workspace))
        until(lambda: sum(bool(started(item)) for item in range(5)) == 2)  # one on each worker
        victim = next(item for item in range(5) if started(item))
        killed = started(victim)[0]
        os.kill(killed, signal.SIGKILL)
        (workspace / "go").touch()
        results = spread.result(timeout=60)
    assert [found for found in results if not isinstance(found, Exception)] == [
        (item, str(workspace), "1") for item in range(5) if item != 3
    ]
    assert isinstance(results[3], ValueError)
    assert len(started(victim)) == 2
    assert killed not in started(victim)[1:]


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:notaport"])
def test_an_address_that_does_not_answer_is_refused(wrong: str) -> None:
    with pytest.raises(cluster.ClusterError, match="--cluster"), cluster.connected(wrong, seconds=1):
        pass


def test_without_the_library_one_line_says_what_to_install(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    path = workspace / "try.yml"
    path.write_text("scenarios: [smoke]", encoding="utf-8")
    with pytest.raises(cluster.ClusterError, match=r"bigmodel\[cluster\]"):
        sweep.run(path, cluster="tcp://127.0.0.1:8786")
