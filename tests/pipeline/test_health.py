"""What the doctor says of a machine that is not fit: a finding with its mend, never a traceback."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from bigmodel_utils.pipeline import health


def test_a_library_that_cannot_be_loaded_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    findings = health.findings()
    assert [finding.what for finding in findings if not finding.ok] == ["torch: import of torch halted; None in sys.modules"]
    assert all(finding.mend for finding in findings if not finding.ok)


def test_a_workspace_that_a_run_would_make_is_judged_by_the_folder_it_would_lie_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path / "new" / "home"))
    assert health._writable().ok
    assert health._disk().what == f"{shutil.disk_usage(tmp_path).free / 2**30:.0f} GB of free disk"
    monkeypatch.setenv("BIGMODEL_HOME", str(Path("/proc") / "home"))
    assert not health._disk().ok
