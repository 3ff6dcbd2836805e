"""Shared set-up: quiet libraries, one thread policy, and a workspace apart from the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace: runs and reports of a test go there."""
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    return tmp_path
