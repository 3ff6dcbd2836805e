"""One finished run in a temporary workspace, shared by the tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest
from finished_run import written_run

from bigmodel_utils.artifacts import Run


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session", autouse=True)
def _workspace(home: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGMODEL_HOME", str(home))
        yield


@pytest.fixture(scope="session")
def run(_workspace) -> Run:
    return written_run("reviews_us_to_cn")
