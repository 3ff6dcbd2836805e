"""Shared set-up: quiet libraries, one thread policy, and a workspace apart from the user's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from filelock import FileLock

import bigmodel_utils.pipeline  # noqa: F401  spares each worker two seconds of a grammar that nbformat brings along

# a busy machine is slow, not wrong; the same examples each time, so that nothing fails by chance
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)  # HYPOTHESIS_PROFILE=explore looks for new ones
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
if "PYTEST_XDIST_WORKER" in os.environ:  # side by side, each keeps to one core
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: tests wait for servers, browsers and kernels nearly half of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in the order in which workers take them: one makes the smoke run at once, the others find it finished.

    Those that need it stand in the middle, so that no long file is left for the end.
    """
    files = list(dict.fromkeys(item.path for item in items))
    needy = [path for path in files if any("smoke_run" in item.fixturenames for item in items if item.path == path)]
    others = [path for path in files if path not in needy]
    half = len(others) // 2
    order = {path: n for n, path in enumerate([*needy[:1], *others[:half], *needy[1:], *others[half:]])}
    items.sort(key=lambda item: order[item.path])


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace: runs and reports of a test go there."""
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which `bigmodel run smoke` has finished, once for all workers; downloads are the project's own."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smoke_home"
    with FileLock(home.with_suffix(".lock")):
        if not home.exists():
            _run_smoke(home)
    return home


MEASURED = {
    "recall": 0.9,
    "false_alarm_rate": 0.08,
    "samples_per_second": 80.0,
    "machine_usd_hour": 0.1,
    "training_usd": 5.0,
    "labels_bought": 1600.0,
    "rules_usd": 30000,
    "rules_delay_months": 3,
}


@pytest.fixture(scope="session")
def futures() -> dict[str, np.ndarray]:
    """4,000 joint draws of the default scenario's assumptions, with plausible measured figures."""
    from bigmodel_utils import scenario
    from bigmodel_utils.value import uncertainty

    assumed = uncertainty.from_assumptions(scenario.load("reviews_us_to_cn").assumptions)
    measured = {name: uncertainty.constant(name, value, "") for name, value in MEASURED.items()}
    return uncertainty.draw(assumed | measured, 4000, 7)


def _run_smoke(home: Path) -> None:
    raw = Path(__file__).parents[1] / "data" / "raw"
    raw.mkdir(exist_ok=True)
    (home / "data").mkdir(parents=True)
    (home / "data" / "raw").symlink_to(raw)
    command = [sys.executable, "-m", "bigmodel_utils.cli", "run", "smoke"]
    env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}  # the other workers wait for it
    done = subprocess.run(command, capture_output=True, text=True, env=env | {"BIGMODEL_HOME": str(home)}, check=False)
    assert done.returncode == 0, done.stderr
