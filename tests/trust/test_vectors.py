import numpy as np
import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import answers
from bigmodel_utils.scenario import DATA, EVALUATION
from bigmodel_utils.trust import vectors

KEPT = {"target_train": 30, "target_test": 20, "source_test": 25}


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    chosen, rng = scenario.load("smoke"), np.random.default_rng(0)
    data, judged = Run(chosen, DATA), Run(chosen, EVALUATION)
    for stage in (data, judged):
        stage.begin()
    for name, rows in KEPT.items():
        more = rows if name == "target_train" else 2 * rows  # of the tests only the first rows were kept
        data.write_table(name, pd.DataFrame({"text": [f"{name} {i}" for i in range(more)], "label": rng.integers(0, 2, more)}))
    seen = {name: rng.normal(5 if name == "source_test" else 6, 2, (rows, 8)).astype(np.float32) for name, rows in KEPT.items()}
    judged.write_table("vectors", answers.as_table(seen))
    for stage in (data, judged):
        stage.finish()
    return Run(chosen)


def test_rows_are_taken_as_notebook_03_saw_them(run):
    views = vectors.look(run)
    parts = dict(zip(KEPT, (views.train, views.test, views.home), strict=True))
    assert {name: len(rows) for name, rows in parts.items()} == KEPT
    for name, rows in parts.items():
        np.testing.assert_array_equal(rows.labels, run.table(DATA, name)["label"].head(len(rows)))
        assert np.linalg.norm(rows.vectors, axis=1).max() <= 1 + 1e-6


def test_only_home_rows_decide_the_scale(run):
    first = vectors.look(run)
    table = run.table(EVALUATION, "vectors")
    table.loc[table["table"] == "target_test", "0"] *= 100
    judged = Run(run.scenario, EVALUATION)
    judged.begin()
    judged.write_table("vectors", table)
    judged.finish()
    again = vectors.look(run)
    assert again.train.fingerprint == first.train.fingerprint
    assert again.home.fingerprint == first.home.fingerprint
    assert again.data_set == first.data_set
    assert again.test.fingerprint != first.test.fingerprint
