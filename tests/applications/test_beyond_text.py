"""Pictures and tables: both pass through the same calls, no row teaches what it judges, bad input is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import beyond_text, delegation, inputs, small_networks, two_markets
from bigmodel_utils.report import application_tables as tables
from bigmodel_utils.report import beyond_text_tables
from bigmodel_utils.report.charts import beyond_text as charts

SMALL = {
    "application.rows": 60,
    "application.checked_rows": 60,
    "application.steps": 60,
    "application.error_rate": 0.05,
    "evaluation.resamples": 200,
    "decision.draws": 500,
}


def squares(folder: Path, name: str, side: int, rows: int, noise: float, seed: int) -> str:
    """Write pictures of two kinds, ink on the left or on the right, as grey values and label."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    grey = noise * rng.random((rows, side, side))
    for picture, label in zip(grey, labels, strict=True):
        picture[:, side // 2 :] += label
        picture[:, : side // 2] += 1 - label
    pd.DataFrame(np.column_stack([grey.reshape(rows, -1), labels])).to_csv(folder / name, header=False, index=False)
    return f"file:{name}"


def homes(folder: Path, rows: int = 900) -> str:
    rng = np.random.default_rng(3)
    income, age, north = rng.gamma(3, 1.3, rows), rng.uniform(1, 50, rows), rng.uniform(30, 42, rows)
    value = 0.6 * income + 0.3 * rng.standard_normal(rows)
    pd.DataFrame({"income": income, "age": age, "north": north, "value": value}).to_parquet(folder / "homes.parquet")
    return "file:homes.parquet"


@pytest.fixture
def chosen(workspace: Path) -> scenarios.Scenario:
    own = {
        "application.pictures_home": squares(workspace, "home.csv", 16, 300, 0.6, 1),
        "application.pictures_target": squares(workspace, "target.csv", 8, 500, 0.9, 2),
        "application.table": {"origin": homes(workspace), "value": "value", "above": 2.5, "divide": "north", "at": 36.0},
    }
    return scenarios.load("beyond_text", own | SMALL | {"application.table.left_out": []})


def test_both_subjects_pass_through_the_same_calls(chosen: scenarios.Scenario) -> None:
    subjects = [two_markets.pictures(chosen), two_markets.table(chosen)]
    assert subjects[0].home.x.shape[1:] == subjects[0].test.x.shape[1:] == (8, 8)
    judged = [beyond_text.judge(subject, chosen) for subject in subjects]
    money = [delegation.worth(one, chosen) for one in judged]
    for subject, one, worth in zip(subjects, judged, money, strict=True):
        assert one.accuracy("b").mid > one.accuracy("floor").mid + 0.2
        assert one.answers.shape == (len(subject.test), 2)
        assert np.allclose(one.answers.sum(axis=1), 1)
        assert one.wrong.mid <= one.alone.mid
        assert worth.saving.low <= worth.saving.mid <= worth.saving.high
        figures = beyond_text.figures(one, worth)
        assert {f"{one.subject}_{name}" for name in ("accuracy_b", "gain_b_over_rival", "alone", "saving_per_thousand")} <= set(
            figures
        )
        assert one.subject.capitalize()[:5] in beyond_text.finding(one, worth).read() or one.subject == "table"
    for drawn in (
        charts.scores(judged),
        charts.trust(judged),
        tables.differences({one.subject: one.compared for one in judged}, charts.SUBJECTS, charts.model_name),
        tables.savings(dict(zip(charts.SUBJECTS, money, strict=True)), charts.SUBJECTS),
        beyond_text_tables.rows(judged),
        tables.sources(inputs.sheets(chosen)),
    ):
        assert drawn.html().count("<figure") == 1


def test_the_parts_of_the_target_market_never_share_a_row(chosen: scenarios.Scenario) -> None:
    subject = two_markets.table(chosen)
    parts = [subject.adapt, subject.tune, subject.trust, subject.test]
    assert [len(part) for part in parts[:3]] == [60, 60, 60]
    rows = np.concatenate([part.x for part in parts])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_training_is_repeatable_and_never_worse_than_its_start_on_the_rows_it_is_stopped_by(chosen: scenarios.Scenario) -> None:
    from scipy.special import xlogy

    subject = two_markets.table(chosen)
    home = small_networks.train(subject.home, subject.tune, 2, 60, 7)
    again = small_networks.train(subject.home, subject.tune, 2, 60, 7)
    assert np.array_equal(home.probabilities(subject.test.x), again.probabilities(subject.test.x))
    adapted = small_networks.train(subject.adapt, subject.tune, 2, 60, 7, home)
    truth = np.eye(2)[subject.tune.y]
    losses = [-xlogy(truth, reader.probabilities(subject.tune.x)).sum() for reader in (adapted, home)]
    assert losses[0] <= losses[1] + 1e-6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"application.table.value": "vale"}, "did you mean 'value'"),
        ({"application.table.at": 90.0}, "rows on both sides"),
        ({"application.rows": 5000}, "more than"),
        ({"application.pictures_home": "file:missing.csv"}, "a file in the workspace"),
        ({"application.pictures_home": "file:homes.csv"}, "grey values of a square"),
        ({"application.pictures_target": "packaged:optical_digit"}, "did you mean 'optical_digits'"),
    ],
)
def test_bad_input_is_refused_in_three_parts(workspace: Path, chosen: scenarios.Scenario, change: dict, said: str) -> None:
    from bigmodel_utils.errors import BigModelError

    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_csv(workspace / "homes.csv", index=False)
    given = chosen.application.model_dump(mode="json")
    overrides = {f"application.{key}": value for key, value in given.items()} | change
    wrong = scenarios.load("beyond_text", overrides)
    with pytest.raises(BigModelError) as refused:
        [read(wrong) for read in (two_markets.pictures, two_markets.table)]
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


def test_another_scenario_is_refused() -> None:
    with pytest.raises(inputs.InputError, match="beyond_text"):
        two_markets.pictures(scenarios.load("smoke"))
