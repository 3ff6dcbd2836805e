from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.artifacts import Run
from bigmodel_utils.choices import Strategies, Training
from bigmodel_utils.evaluation.folds import cross_validated
from bigmodel_utils.evaluation.strategies import Attempt, Way, compared, planned, settings_of, tried
from bigmodel_utils.scenario import load
from bigmodel_utils.training.fit import fit
from bigmodel_utils.training.learned import TrainingError
from bigmodel_utils.training.trial import Lesson

LABELS = pd.Series([0, 1] * 30)


def _way(strategy: str, labels: int, abroad: list[int], home: list[int], seed: int = 7) -> Way:
    return Way(Attempt(strategy, labels, seed), np.array(abroad, dtype=bool), np.array(home, dtype=bool), 10, 2.0)


def test_the_adapted_model_is_always_tried_and_a_head_on_all_rows_only_once():
    plan = planned(Strategies(tried=["head", "alone"], few=[20], seeds=2), LABELS, seed=5)
    assert plan == [
        Attempt(strategy, size, seed)
        for strategy, size, seed in [
            ("full", 20, 5), ("full", 20, 6), ("full", 60, 5), ("full", 60, 6), ("head", 20, 5), ("head", 20, 6),
            ("head", 60, 5), ("alone", 20, 5), ("alone", 20, 6), ("alone", 60, 5), ("alone", 60, 6),
        ]
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 60, 100])
def test_a_number_of_labels_that_is_not_there_is_refused(size):
    with pytest.raises(TrainingError, match="2 to 59"):
        planned(Strategies(few=[size]), LABELS, seed=5)


def test_a_strategy_differs_from_the_adaptation_in_its_one_thing():
    adaptation, strategies = Training(learning_rate=1e-4), Strategies(adapter_rank=4, adapter_learning_rate=2e-3, anchor=0.3)
    assert settings_of("full", adaptation, strategies) == settings_of("joint", adaptation, strategies) == adaptation
    assert settings_of("anchored", adaptation, strategies) == adaptation.model_copy(update={"anchor": 0.3})
    adapter = settings_of("adapter", adaptation, strategies)
    assert adapter == adaptation.model_copy(update={"adapter_rank": 4, "learning_rate": 2e-3})


def test_what_is_compared_is_counted_by_hand():
    ways = [
        _way("zero_shot", 0, [1, 0, 0, 0], [1, 1, 1, 0]),
        _way("full", 60, [1, 1, 1, 0], [1, 1, 0, 0], seed=7),
        _way("full", 60, [1, 1, 0, 0], [1, 0, 0, 0], seed=8),
        _way("head", 20, [1, 1, 1, 1], [1, 1, 1, 0]),
    ]
    table = compared(ways, labels=60, seed=1).set_index("strategy")
    full = table.loc["full"]
    assert (full["accuracy"], full["worst_seed"], full["best_seed"], full["seeds"]) == (0.625, 0.5, 0.75, 2)
    assert table.loc["head", "difference"] == 0.375
    assert table.loc["zero_shot", "difference"] == -0.375
    assert np.isnan(full["difference"])
    assert np.isnan(table.loc["zero_shot", "forgotten"])
    assert full["forgotten"] == 0.375
    assert (table.loc["head", ["forgotten", "forgotten_low", "forgotten_high"]] == 0).all()
    assert full["accuracy_low"] < 0.625 < full["accuracy_high"]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(0, 3))
def test_intervals_hold_their_middle_and_widen_with_more_comparisons(seed, seeds, others):
    def ways(count: int) -> list[Way]:
        names = [("zero_shot", 0), ("full", 60), *(("head", 10 + place) for place in range(count))]
        drawn = np.random.default_rng(seed)
        return [_way(name, size, *drawn.integers(0, 2, (2, 50)), seed=s) for name, size in names for s in range(seeds)]

    few, many = compared(ways(1), 60, seed), compared(ways(2 + others), 60, seed)
    for table in (few, many):
        for name in ("accuracy", "home", "difference", "forgotten"):
            kept = table.dropna(subset=[name])
            assert (kept[f"{name}_low"] <= kept[name]).all()
            assert (kept[name] <= kept[f"{name}_high"]).all()
    width = [table.loc[table["labels"] == 10, ["difference_low", "difference_high"]].iloc[0] for table in (few, many)]
    assert width[1]["difference_low"] <= width[0]["difference_low"]
    assert width[1]["difference_high"] >= width[0]["difference_high"]


def _rows(count: int, good: str, bad: str, seed: int) -> pd.DataFrame:
    """Texts whose label is told by one word."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    texts = [" ".join([*rng.choice(["the", "dress", "room"], 3), good if label else bad]) for label in labels]
    return pd.DataFrame({"text": texts, "label": labels, "row": range(count)})


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """A run of two small markets, prepared, with notebook 02 under way."""
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    changes = {
        "model.max_tokens": 16,
        "adaptation.learning_rate": 1e-2,
        "adaptation.batch_size": 8,
        "adaptation.patience": 20,
        "adaptation.frozen_layers": 0,
        "adaptation.epochs": 4,
    }
    scenario = load("smoke", changes)
    prepared = Run(scenario, "01_prepare_data")
    prepared.begin()
    for market, good, bad in (("source", "good", "bad"), ("target", "好", "差")):
        for part, seed in (("train", 1), ("validation", 2)):
            prepared.write_table(f"{market}_{part}", _rows(60, good, bad, seed))
    prepared.finish()
    training = Run(scenario, "02_train_model")
    training.begin()
    return training


@pytest.fixture
def adapt(run, folder):
    """Return a function that adapts a folder with the target market's rows."""
    rows = [run.table("01_prepare_data", f"target_{part}") for part in ("train", "validation")]
    return lambda name, start=folder: fit(start, *rows, run.scenario, run.scenario.adaptation, run.new(name))


def test_every_way_is_trained_judged_and_cleared_away(run, folder, adapt):
    everything = Strategies(tried=["head", "alone", "adapter", "anchored", "joint"])
    run.scenario = run.scenario.model_copy(update={"strategies": everything})
    home = [run.table("01_prepare_data", f"source_{part}") for part in ("train", "validation")]
    model_a = fit(folder, *home, run.scenario, run.scenario.adaptation, run.new("model_a"))
    model_b, model_p = adapt("model_b", model_a.folder), adapt("model_p")
    asked = []

    def keep(name, compute, *arguments):
        asked.append(name)
        return compute(*arguments)

    table = tried(run, keep, folder, model_a, model_b, model_p).set_index("strategy")
    assert list(table.index) == ["zero_shot", "head", "full", "alone", "adapter", "anchored", "joint"]
    assert len(set(asked)) == len(asked) == 6
    assert table.loc["full", "accuracy"] == pytest.approx(model_b.validation_accuracy, abs=0.05)
    assert table.loc["alone", "accuracy"] == pytest.approx(model_p.validation_accuracy, abs=0.05)
    assert table.loc["zero_shot", "home"] == pytest.approx(model_a.validation_accuracy, abs=0.05)
    assert table.loc["full", "accuracy"] > table.loc["zero_shot", "accuracy"] - 0.1  # sixty rows
    assert table.loc["zero_shot", "trained"] == 0
    assert table.loc["head", "trained"] == 33
    assert 0 < table.loc["adapter", "trained"] < table.loc["full", "trained"] == table.loc["joint", "trained"]
    assert not list((run.checkpoints / "trials").iterdir())


def test_folds_read_every_row_once_and_nothing_is_trained_without_them(run, folder, adapt):
    rows = [run.table("01_prepare_data", f"target_{part}") for part in ("train", "validation")]
    lesson, given = Lesson(Path(folder), *rows, run.scenario.adaptation, 3), adapt("model_b")
    table = cross_validated(run, lesson, given, 3)
    assert table["part"].tolist() == ["validation", "1", "2", "3", "all"]
    assert table["n"].tolist() == [60, 20, 20, 20, 60]
    assert table["accuracy"].iloc[-1] == pytest.approx(table["accuracy"].iloc[1:4].mean())
    assert table["accuracy"].iloc[-1] > 0.8
    alone = cross_validated(run, lesson, given, 0)
    assert alone["part"].tolist() == ["validation"]
    assert alone["accuracy"].iloc[0] == pytest.approx(given.validation_accuracy)
    with pytest.raises(TrainingError, match="at most 30"):
        cross_validated(run, lesson, given, 31)
