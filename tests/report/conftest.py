"""One finished run in a temporary workspace, shared by the tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest
from finished_run import written_run

from bigmodel_utils import messages, paths
from bigmodel_utils.artifacts import Run


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the project's downloads, among which the typefaces of known pages are kept."""
    home, raw = tmp_path_factory.mktemp("home"), paths.PROJECT / "data" / "raw"
    raw.mkdir(exist_ok=True)
    (home / "data").mkdir()
    (home / "data" / "raw").symlink_to(raw)
    return home


@pytest.fixture(scope="session", autouse=True)
def _workspace(home: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGMODEL_HOME", str(home))
        yield


@pytest.fixture(autouse=True)
def _nouns() -> None:
    """A page speaks of the business that was named last; these tests speak of the default's."""
    messages.speak_of("review", "merchant", "complaint")


@pytest.fixture(scope="session")
def run(_workspace) -> Run:
    return written_run("reviews_us_to_cn")
