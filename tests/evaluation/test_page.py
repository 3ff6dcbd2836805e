"""Everything that notebook 03 asks of this room, on a small run: real tables, three small real models."""

import shutil

import numpy as np
import pandas as pd
import pytest
from torch.utils.flop_counter import FlopCounterMode

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import (
    distance,
    explain,
    fairness,
    head_start,
    judgement,
    label_free,
    metrics,
    rate,
    speed,
    strain,
)
from bigmodel_utils.scenario import DATA, MODELS

ROWS = {"train": 60, "validation": 40, "test": 120}
WORDS = {"source": ("bad", "good", "dress room the"), "target": ("差", "好", "房 间 很")}


def _table(market: str, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    bad, good, rest = WORDS[market]
    labels = rng.permutation(np.arange(rows) % 2)
    texts = [" ".join([*rng.choice(rest.split(), 5 + rng.integers(4)), (bad, good)[label]]) for label in labels]
    return pd.DataFrame(
        {"text": texts, "label": labels, "row": np.arange(rows), "slice_city": np.resize(["Bern", "Oslo"], rows)}
    )


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGMODEL_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("BIGMODEL_DEVICE", "cpu")
        chosen, rng = (
            scenario.load("smoke", {"evaluation.resamples": 100, "evaluation.latency_requests": 10}),
            np.random.default_rng(0),
        )
        data = Run(chosen, DATA)
        data.begin()
        for market in WORDS:
            for part, rows in ROWS.items():
                data.write_table(f"{market}_{part}", _table(market, rows, rng))
        data.finish()
        models = Run(chosen, MODELS)
        models.begin()
        for name in ("a", "b", "p"):
            shutil.copytree(folder, models.new(f"model_{name}"))
        models.finish()
        yield Run(chosen)


@pytest.fixture(scope="module")
def judged(run) -> judgement.Judgement:
    return judgement.judge(run)


def test_equal_models_are_judged_equal(judged):
    scores = judged.scores.set_index(["market", "model"])["accuracy"]
    assert scores["target", "a"] == scores["target", "b"] == scores["target", "p"]
    assert scores["target", "floor"] == 0.5
    gain = judged.compare[0]
    assert (gain.difference.mid, gain.p_value, gain.is_real) == (0, 1, False)
    assert "a gain is not shown" in judged.finding.read()


def test_tables_agree_with_each_other(judged):
    tables = judged.tables(0.5)
    truth = judged.predictions["label"].to_numpy()
    assert list(tables) == ["scores", "predictions", "compare", "calibration", "areas", "labels", "confusion", "vectors"]
    seen = judged.answers["a"].vectors
    assert tables["vectors"].groupby("table", sort=False).size().to_dict() == {name: len(rows) for name, rows in seen.items()}
    np.testing.assert_array_equal(tables["vectors"].drop(columns="table").tail(3), list(seen.values())[-1][-3:])
    counts = tables["confusion"].set_index("model").loc["b"]
    assert counts.sum() == ROWS["test"]
    found = metrics.confusion(judged.predictions["b"].to_numpy(), judged.is_event, 0.5)
    assert tables["labels"].set_index("label").loc["negative", "recall"] == pytest.approx(found.recall().mid)
    after = tables["calibration"].set_index("model").loc["b", "ece_after"]
    assert after == pytest.approx(metrics.expected_calibration_error(judged.probabilities["b"], truth))
    assert judged.figures["roc_area_rival"].mid == 1, "the word decides"
    assert set(judged.curves) == {"rival", "a", "b", "p"}


def test_six_distances_of_a_model_to_itself(run, judged):
    found = {gap.measure: gap.value.mid for gap in distance.measure(run, judged)}
    assert found["performance"] == found["parameters"] == 0
    assert found["representation"] == pytest.approx(1)
    assert set(found) == {"performance", "representation", "parameters", "domain", "calibration", "tokens"}


def test_head_start_and_guesses_read_what_was_answered(run, judged):
    truth = judged.predictions["label"].to_numpy()
    wrong = (judged.answers["a"].abroad.argmax(axis=1) != truth).mean()
    assert head_start.measure(run, judged.answers["a"]).zero_shot_error == wrong
    assert label_free.of_home_model(run, judged)["truth"].tolist() == pytest.approx([1 - wrong] * 3)


def test_parts_of_each_kind_hold_every_row(run, judged):
    table = strain.slices(run, judged)
    assert {"length", "city", "novelty", "topic"} == set(table["kind"])
    assert (table.groupby("kind")["n"].sum() == ROWS["test"]).all()
    overall = judged.figures["accuracy_target_b"].mid
    means = table.assign(right=table["accuracy"] * table["n"]).groupby("kind")[["right", "n"]].sum()
    np.testing.assert_allclose(means["right"] / means["n"], overall)


def test_noise_is_paired_with_the_texts_as_they_are(run, judged):
    table = strain.noise(run, judged)
    assert table.groupby("market")["change"].apply(list).tolist() == [list(strain.CHANGES)] * 2
    unchanged = {"target": judged.figures["accuracy_target_b"].mid, "source": judged.figures["accuracy_source_b"].mid}
    np.testing.assert_allclose(table["accuracy"] + table["lost"], table["market"].map(unchanged))
    bare = table[table["change"] == "bare"]
    assert (bare["lost"] == 0).all(), "these texts have neither capitals nor punctuation"


def test_groups_of_the_data_are_compared(run, judged):
    treated = fairness.measure(run, judged, 0.5)
    assert treated.grouping == "city"
    assert treated.table["group"].tolist() == ["Bern", "Oslo"]
    assert [d.rate for d in treated.disparities] == ["flagged", "recall", "false_alarm_rate"]


def test_examples_are_right_and_wrong_decisions_of_the_model(run, judged):
    why = explain.measure(run, judged)
    assert {example.market for example in why.examples} == {"target", "source"}
    assert any(not example.is_right for example in why.examples)
    for example in why.examples:
        assert abs(example.parts.missing) < 0.2 * max(1, abs(example.parts.reached))
    assert (why.pieces["texts"] >= explain.LEAST).all()
    assert why.missing.n == ROWS["test"] // 10 < explain.TEXTS
    assert why.missing.mid > 0


def test_chosen_rows_are_readable_and_the_surest():
    test = pd.DataFrame({"text": ["x" * n for n in (5, 30, 30, 30, 400)], "label": [0, 0, 0, 1, 0]})
    answers = np.array([[0.99, 0.01], [0.7, 0.3], [0.8, 0.2], [0.9, 0.1], [0.99, 0.01]])
    assert explain.chosen(test, answers, event=0) == [2, 3]


def test_speed_and_what_a_text_takes(run):
    found = rate.measure(run)
    assert found.batches["batch"].tolist() == list(rate.BATCHES)
    assert (found.batches["p50_ms"] <= found.batches["p99_ms"]).all()
    figures = found.figures
    expected = figures["samples_per_second"].mid * figures["flop_per_text"].mid / figures["matrix_flop_per_second"].mid
    assert figures["mfu"].mid == pytest.approx(expected)
    assert figures["kwh_per_million"].origin in {"measured", "estimated"}
    assert figures["kwh_per_million"].mid > 0


def test_needed_operations_agree_with_the_counted_ones(exact):
    """14 words and two markers fill a batch of 16 tokens, so that nothing is padding; the head is not counted."""
    text = " ".join(["good"] * 14)
    head = 2 * (32**2 + 2 * 32)
    exact.model.set_attn_implementation("eager")  # the counter does not see into fused attention on CPUs
    with FlopCounterMode(display=False) as counter:
        exact.logits([text])
    assert speed.operations_by_shape(exact, [text]).mid == counter.get_total_flops() - head
