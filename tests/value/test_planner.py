"""The planner's door: no row is lost, every row has an estimate or a reason, bad files are refused."""

import pandas as pd
import pytest

from bigmodel_utils import facts, paths
from bigmodel_utils.value import planner
from bigmodel_utils.value.refusals import ValueRefused


@pytest.fixture
def runs(tmp_path):
    table = pd.read_csv(paths.facts() / "training_runs.csv", dtype=str, keep_default_na=False)
    strange = pd.DataFrame(
        [{"model": "=cmd|' /C calc'!A0", "hardware": "h100?", "tokens_b": "1e3"}, {"model": 'Ω, "quoted"\nline'}]
    )
    plan = tmp_path / "plan.csv"
    pd.concat([table, strange]).fillna("").drop(columns="chip_hours").to_csv(plan, index=False)
    return plan


def test_no_row_is_lost_and_nothing_given_is_changed(runs, tmp_path):
    done = planner.estimate_file("training", runs, tmp_path / "out.csv")
    before, after = planner.read_plan(runs), planner.read_plan(tmp_path / "out.csv")
    assert (after[before.columns] == before).all().all()
    has_estimate, has_reason = after["mid"] != "", after["reason"] != ""
    assert has_estimate.sum() == done > 60
    assert (has_estimate | has_reason).all()
    estimated = after[has_estimate]
    assert (estimated["low"].astype(float) < estimated["mid"].astype(float)).all()
    assert (estimated["mid"].astype(float) < estimated["high"].astype(float)).all()
    assert set(estimated["unit"]) == {"chip-hours"}


def test_the_answer_in_the_table_is_not_looked_at():
    plan = facts.load("training_runs").head(5).astype(str)
    changed = plan.assign(chip_hours="1", wall_hours="1", mfu_reported_pct="99")
    assert list(planner.estimate("training", plan)["mid"]) == list(planner.estimate("training", changed)["mid"])


def test_serving_rows_come_in_the_unit_of_the_benchmark():
    bench = facts.load("inference_bench").drop(columns=["output_tokens_per_s", "samples_per_s"])
    out = planner.estimate("serving", bench.astype(object).where(bench.notna(), ""))
    assert len(out) == len(bench)
    assert (out["mid"] != "").mean() > 0.95
    assert set(out.loc[out["model"] == "BERT-Large", "unit"]) == {"samples/s"}
    assert set(out.loc[out["model"] == "Llama-3.3-70B", "unit"]) == {"output tokens/s"}


def test_a_plan_of_one_column_still_gets_reasons():
    out = planner.estimate("serving", pd.DataFrame({"idea": ["a", "b"]}))
    assert list(out["reason"]) == ["no device given"] * 2
    assert list(out["idea"]) == ["a", "b"]


def test_an_earlier_estimate_is_replaced_not_doubled():
    plan = pd.DataFrame([{"model": "x", "hardware": "TPU-v4", "params_total_b": "7", "tokens_b": "100"}])
    once = planner.estimate("training", plan)
    assert planner.estimate("training", once).equals(once)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\xd8", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_table_is_refused_and_the_old_result_stays(tmp_path, content):
    (tmp_path / "plan.csv").write_bytes(content)
    (tmp_path / "out.csv").write_text("kept")
    with pytest.raises(ValueRefused, match="a CSV table in UTF-8"):
        planner.estimate_file("training", tmp_path / "plan.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "kept"


def test_a_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "plan.csv").write_text("model\nx\n")
    with pytest.raises(ValueRefused, match=r"did you mean 'plan\.csv'"):
        planner.estimate_file("training", tmp_path / "plam.csv", tmp_path / "out.csv")


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ValueRefused, match="did you mean 'training'"):
        planner.estimate("trainig", pd.DataFrame({"model": ["x"]}))
