"""Shared set-up: quiet libraries, one thread policy, and a workspace apart from the user's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is slow, not wrong
hypothesis.settings.load_profile("patient")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace: runs and reports of a test go there."""
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which `bigmodel run smoke` has finished; downloads are shared with the project's cache."""
    project = Path(__file__).parents[1]
    home = tmp_path_factory.mktemp("home")
    (project / "data" / "raw").mkdir(exist_ok=True)
    (home / "data").mkdir()
    (home / "data" / "raw").symlink_to(project / "data" / "raw")
    command = [sys.executable, "-m", "bigmodel_utils.cli", "run", "smoke"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "BIGMODEL_HOME": str(home)}, check=False)
    assert done.returncode == 0, done.stderr
    return home
