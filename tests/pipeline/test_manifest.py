"""The record of a run: complete, sealed, comparable with the run before, and free of whatever names a person or machine."""

from __future__ import annotations

import getpass
import json
import socket
from pathlib import Path

import pytest
from finished import STAGES, made, recorded, shown
from typer.testing import CliRunner

from bigmodel_utils import cli, paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import difference, history, integrity, manifest


def ask(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(words))
    return done.exit_code, done.output


def test_a_manifest_tells_durations_hashes_machine_and_the_origin_of_every_figure(workspace: Path) -> None:
    run = made()
    record = recorded(run)
    stage = record["stages"][STAGES[1]]
    assert stage["seconds"] == 2.5
    assert stage["figures"]["accuracy_target_b"]["origin"] == "measured"
    assert len(stage["outputs"]["figures.json"]) == 64
    assert record["machine"]["cores"] >= 1
    assert record["python"].count(".") == 2
    assert record["libraries"]["torch"]
    assert any(name.startswith("module:") for name in record["code"])
    assert record["inputs"][f"result:{STAGES[0]}/numbers.parquet"]


def test_no_secret_person_or_path_is_written(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "hunter2-hunter2-hunter2"
    for name in ("BIGMODEL_KEY", "BIGMODEL_TOKEN", "HF_TOKEN"):
        monkeypatch.setenv(name, secret)
    own = tmp_path.parent / "Jane Doe's files" / "reviews.csv"
    own.parent.mkdir(exist_ok=True)
    own.write_text("text,label\ngood,positive\nbad,negative\n", encoding="utf-8")
    columns = {"target_market.data.origin": f"file:{own}"}
    record = recorded(made(**columns))
    texts = [json.dumps(record, ensure_ascii=False), history.path("smoke").read_text(encoding="utf-8")]
    for text in texts:
        for unwanted in (secret, socket.gethostname(), str(Path.home()), str(paths.PROJECT), str(tmp_path), "Jane"):
            assert unwanted not in text
        assert f'"{getpass.getuser()}"' not in text
    assert record["scenario"]["target_market"]["data"]["origin"] == "file:reviews.csv"


def altered(run: Run, name: str) -> None:
    path = run.folder / name
    if path.suffix == ".parquet":
        path.write_bytes(path.read_bytes() + b"0")
    else:
        path.write_text(path.read_text(encoding="utf-8").replace("0.8", "0.9").replace("rows", "cows"), encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        f"{STAGES[0]}/numbers.parquet",
        f"{STAGES[1]}/figures.json",
        f"{STAGES[0]}/done.json",
        f"notebooks/{STAGES[1]}.ipynb",
        "manifest.json",
        "../history.jsonl",
    ],
)
def test_an_altered_run_is_told_by_the_file(workspace: Path, name: str) -> None:
    run = made()
    recorded(run)
    assert integrity.faults(run) == []
    if name.endswith("done.json"):
        path = run.folder / name
        path.write_text(path.read_text(encoding="utf-8").replace('"files": {', '"files": {"extra": "0",'), encoding="utf-8")
    else:
        altered(run, name)
    faults = integrity.faults(run)
    assert len(faults) == 1
    assert Path(name).name in faults[0]


def test_a_file_that_is_gone_is_told_and_an_unfinished_run_is_refused(workspace: Path) -> None:
    run = made()
    with pytest.raises(BigModelError, match="manifest"):
        integrity.faults(run)
    recorded(run)
    (run.folder / STAGES[0] / "numbers.parquet").unlink()
    assert integrity.faults(run) == [f"{STAGES[0]}/numbers.parquet is gone"]


def test_check_says_whether_a_run_is_as_it_was(workspace: Path) -> None:
    recorded(made())
    words = ("check", "smoke", "--set", f"chain={json.dumps(list(STAGES))}", "--run")
    code, text = ask(*words)
    assert (code, "as it was sealed" in text) == (0, True)
    run = made()
    altered(run, f"{STAGES[1]}/figures.json")
    code, text = ask(*words)
    assert code == 1
    assert f"{STAGES[1]}/figures.json was altered" in text


def test_two_runs_are_told_apart_by_figures_choices_and_nothing_else(workspace: Path) -> None:
    first = recorded(made(0.8))
    second = recorded(made(0.9, **{"training.epochs": 5}))
    found = {(each.group, each.name): each for each in difference.of(first, second)}
    told = {key for key in found if not key[1].startswith("commit")}
    assert told == {("figure", f"{STAGES[1]}/accuracy_target_b"), ("scenario", "training.epochs")}
    assert found["figure", f"{STAGES[1]}/accuracy_target_b"].beyond
    assert not difference.of(first, first)
    third = recorded(made(0.805))
    assert not difference.of(first, third)[0].beyond
    code, text = ask("diff", "smoke~2", "smoke~1")
    assert code == 0
    assert "02_train_model/accuracy_target_b: 0.8 → 0.9 share *" in text
    assert "training.epochs: 2 → 5" in text


@pytest.mark.parametrize("name", ["smok", "smoke~9", "smoke~x", "smoke~²", "", "../smoke"])
def test_a_run_that_is_not_there_is_refused(workspace: Path, name: str) -> None:
    recorded(made())
    with pytest.raises(BigModelError, match="smoke"):
        difference.find(name)


def test_the_report_links_to_what_changed_since_the_last_run(workspace: Path) -> None:
    recorded(made(0.8))
    run = made(0.9, **{"training.epochs": 5})
    for _ in range(2):  # rendered again, it still compares with the run before
        folder = shown(run)
        page = (folder / "changes.html").read_text(encoding="utf-8")
        assert "passes over the texts" in page
        assert "share read right: target market: adapted model" in page
        assert 'href="changes.html"' in (folder / "index.html").read_text(encoding="utf-8")


def test_the_history_is_a_chain(workspace: Path) -> None:
    for value in (0.8, 0.81, 0.82):
        recorded(made(value))
    assert history.broken("smoke") == []
    path = history.path("smoke")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[2]]) + "\n", encoding="utf-8")
    assert history.broken("smoke") == [2]
    path.write_text("\n".join([*lines, lines[2][:40]]), encoding="utf-8")
    assert history.broken("smoke") == [4]
    recorded(made(0.83))
    assert [entry["stages"][STAGES[1]]["figures"]["accuracy_target_b"]["mid"] for entry in history.entries("smoke")] == [
        0.8,
        0.81,
        0.82,
        0.83,
    ]


def test_a_history_with_a_damaged_byte_takes_further_runs(workspace: Path) -> None:
    recorded(made(0.8))
    with history.path("smoke").open("ab") as file:
        file.write(b"\xff\n")
    recorded(made(0.9))
    assert len(history.entries("smoke")) == 2
    assert history.broken("smoke") == [2]


def test_a_record_of_an_older_version_is_no_obstacle(workspace: Path) -> None:
    run = made()
    (run.folder / manifest.NAME).write_text('{"run": "x", "chain": {}}', encoding="utf-8")
    assert manifest.read(run.folder)["run"] == "x"
    assert difference.of(manifest.read(run.folder), recorded(run))
