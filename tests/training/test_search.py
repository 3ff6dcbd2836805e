import sys
import time

import pandas as pd
import pytest

from bigmodel_utils.artifacts import Run
from bigmodel_utils.training.fit import fit
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.search import SEARCHED, search
from bigmodel_utils.training.trial import Lesson


@pytest.fixture
def lesson(start, reviews, settings) -> Lesson:
    quick = settings.model_copy(update={"epochs": 1, "learning_rate": 1e-3})
    return Lesson(start, reviews[:80], reviews[160:], quick, 7)


@pytest.fixture
def run(smoke, tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    return Run(smoke, "02_train_model")


@pytest.fixture
def given(run, lesson, tmp_path):
    return fit(lesson.start, lesson.train, lesson.validation, run.scenario, lesson.settings, tmp_path / "given")


def test_without_minutes_only_the_given_settings_stand(run, lesson, given):
    table = search(run, lesson, given, 0)
    assert len(table) == 1
    row = table.iloc[0]
    assert row["state"] == "given"
    assert row["loss"] == given.history["validation_loss"].min()
    assert {name: row[name] for name in SEARCHED} == {name: getattr(lesson.settings, name) for name in SEARCHED}
    assert not run.checkpoints.exists()


def test_a_search_spends_its_minutes_once_and_is_taken_up_where_it_was_left(run, lesson, given):
    first = search(run, lesson, given, 0.05)
    assert first["trial"].tolist() == list(range(len(first)))
    assert len(first) >= 2
    assert set(first["state"][1:]) <= {"finished", "pruned"}
    assert first["learning_rate"].between(1e-4, 1e-2).all()
    assert first["frozen_layers"].between(0, 2).all()
    assert not list((run.checkpoints / "trials").iterdir())
    pd.testing.assert_frame_equal(search(run, lesson, given, 0.05), first)
    longer = search(run, lesson, given, 0.08)
    pd.testing.assert_frame_equal(longer.head(len(first)), first)
    assert len(longer) > len(first)


def test_when_time_is_up_a_trial_is_given_up_at_its_next_check(run, lesson, given):
    began = time.monotonic()
    table = search(run, lesson, given, 1e-4)
    assert table["state"].tolist() == ["given", "pruned"]
    assert table["checks"].iloc[1] == 1
    assert time.monotonic() - began < 30


def test_other_rows_are_another_search(run, lesson, given, reviews):
    search(run, lesson, given, 1e-4)
    other = Lesson(lesson.start, reviews[80:160], lesson.validation, lesson.settings, 7)
    assert search(run, other, given, 1e-4)["trial"].tolist() == [0, 1]


def test_a_missing_extra_is_refused_with_the_way_to_get_it(run, lesson, given, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(TrainingError) as refusal:
        search(run, lesson, given, 1)
    assert "tune" in refusal.value.allowed
    assert "pip install" in refusal.value.mend


def test_what_watches_a_training_may_end_it_and_then_nothing_is_left(run, lesson, tmp_path):
    told = []

    def watch(loss: float) -> None:
        told.append(loss)
        raise InterruptedError

    out = tmp_path / "ended"
    with pytest.raises(InterruptedError):
        fit(lesson.start, lesson.train, lesson.validation, run.scenario, lesson.settings, out, watch=watch)
    assert len(told) == 1
    assert not out.exists()
