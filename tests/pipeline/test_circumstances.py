"""A full disk, a folder that cannot be written and a clock that was set back: nothing is lost, and it is said."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from finished import STAGES, made, recorded

from bigmodel_utils.artifacts import write_atomic
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import difference, freshness, history, runner


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_in_mid_write_leaves_the_old_file_and_nothing_half(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomic(path, "old")
    with room_for(10_000), pytest.raises(OSError, match="too large"):
        write_atomic(path, "new" * 10_000)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_costs_the_history_no_line(workspace: Path) -> None:
    first = recorded(made())
    run = made(0.9)
    size = history.path("smoke").stat().st_size
    with room_for(size + 100), pytest.raises(OSError, match="too large"):
        recorded(run)
    assert history.entries("smoke") == [first]
    assert history.broken("smoke") == []


def test_a_folder_that_cannot_be_written_is_refused_in_words(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BIGMODEL_DEVICE": "auto", "BIGMODEL_BATCH": "1"}.items():
        monkeypatch.setenv(name, value)
    (workspace / "data").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(BigModelError, match="data/runs/smoke"):
        runner.run_chain("smoke")


def test_a_clock_that_was_set_back_changes_neither_order_nor_what_stands(workspace: Path) -> None:
    recorded(made(0.8))
    run = made(0.9)
    for stage in STAGES:
        for path in (run.folder / stage).iterdir():
            os.utime(path, (0, 0))
    assert freshness.changes(run, STAGES[1]) == []
    assert freshness.damaged(run, STAGES[1]) == []
    newest = recorded(run)
    os.utime(history.path("smoke"), (0, 0))
    assert difference.find("smoke") == newest
