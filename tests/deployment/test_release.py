"""A release appears whole, the way back is one step, and a broken model never becomes the served one."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import served_model
from typer.testing import CliRunner

from bigmodel_utils import cli
from bigmodel_utils.deployment import release
from bigmodel_utils.deployment.folder import ServedFolderError
from bigmodel_utils.deployment.release import ReleaseError


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    return [served_model.write(home / f"model{seed}", seed) for seed in range(3)]


@pytest.fixture(autouse=True)
def _on_cpu(monkeypatch, workspace):
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")


def ask(*words: str) -> str:
    done = CliRunner().invoke(cli.app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_there_and_back(models):
    first, second = (release.release("smoke", model) for model in models[:2])
    assert (first[:4], second[:4]) == ("0001", "0002")
    assert release.locate("smoke").model == f"smoke/{second}"
    assert f"smoke/{first}" in ask("release", "smoke", "--back")
    assert release.locate("smoke").folder.name == first
    third = release.release("smoke", models[2])
    assert third.startswith("0003")
    assert release.back("smoke") == first  # never the one that was left for good reason
    with pytest.raises(ReleaseError, match="no earlier release"):
        release.back("smoke")


def test_a_damaged_model_changes_nothing(models, tmp_path):
    import shutil

    good = release.release("smoke", models[0])
    broken = shutil.copytree(models[1], tmp_path / "broken")
    with (broken / "model.safetensors").open("r+b") as file:
        file.seek(2000)
        file.write(b"\xff" * 64)
    with pytest.raises(ServedFolderError, match="damaged"):
        release.release("smoke", broken)
    with pytest.raises(ServedFolderError):
        release.release("smoke", tmp_path)
    assert release.current("smoke") == good
    assert sorted(path.name for path in release.released("smoke").iterdir()) == [good, release.POINTER]


def test_the_same_model_twice_and_nothing_at_all(models):
    with pytest.raises(ReleaseError, match="nothing of 'smoke' is released"):
        release.back("smoke")
    with pytest.raises(ReleaseError, match="no trained model"):
        release.locate("smoke")
    release.release("smoke", models[0])
    with pytest.raises(ReleaseError, match="another than the one released now"):
        release.release("smoke", models[0])


def test_the_newest_run_is_served_until_something_is_released(models, workspace):
    import shutil

    trained = workspace / "data" / "runs" / "smoke" / "abc" / "02_train_model"
    shutil.copytree(models[0], trained / "model_b")
    (trained / "done.json").write_text("{}")
    assert release.locate("smoke").folder == trained / "model_b"
    chosen = workspace / "data" / "runs" / "smoke" / "abc" / "04_deploy_model"
    shutil.copytree(models[1], chosen / "served")
    (chosen / "done.json").write_text("{}")
    assert release.locate("smoke").folder == chosen / "served"
    assert ask("release", "smoke").startswith("released: smoke/0001-")
    assert release.locate("smoke").folder.parent == release.released("smoke")


def test_a_newer_run_goes_before_what_an_older_one_serves(models, workspace):
    import os
    import shutil

    runs = workspace / "data" / "runs" / "smoke"
    for age, place in (
        (9, "old/04_deploy_model/served"),
        (5, "new/02_train_model/model_b"),
        (1, ".new.retired/02_train_model/model_b"),
    ):
        shutil.copytree(models[0], runs / place)
        (runs / place).with_name("done.json").write_text("{}")
        os.utime(runs / place.partition("/")[0], (1e9 - age, 1e9 - age))
    assert release.locate("smoke").folder == runs / "new" / "02_train_model" / "model_b"


def test_two_releases_at_once_come_one_after_the_other(models):
    with ThreadPoolExecutor(2) as hands:
        versions = list(hands.map(lambda model: release.release("smoke", model), models[:2]))
    assert sorted(version[:4] for version in versions) == ["0001", "0002"]
    assert release.back("smoke") == min(versions)


def test_releases_survive_by_back_up(models, tmp_path):
    first, second = (release.release("smoke", model) for model in models[:2])
    archive = str(tmp_path / "released.tar.gz")
    ask("backup", archive, "--scenario", "smoke", "--released")
    (release.released("smoke") / second / "model.safetensors").write_bytes(b"gone")
    (release.released("smoke") / release.POINTER).write_text("{")
    with pytest.raises(ReleaseError, match="cannot be read"):
        release.current("smoke")
    ask("restore", archive, "--scenario", "smoke", "--released")
    assert release.current("smoke") == second
    assert json.loads((release.released("smoke") / release.POINTER).read_text())["before"] == [first]
    assert release.back("smoke") == first
