"""Throughput before a measurement: physics of the roofline, the error on models left out, and the ladder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils.value import hierarchy, roofline, serving_formula, serving_rows
from bigmodel_utils.value import serving_throughput as serving
from bigmodel_utils.value.refusals import ValueRefused

PLAN = {
    "model": "Llama-3.3-70B",
    "gpu": "H100-80GB-SXM",
    "gpu_count": 4,
    "precision": "fp8",
    "scenario": "offline max throughput",
    "benchmark": "TensorRT-LLM perf overview",
    "input_tokens": 1000,
    "output_tokens": 1000,
}


def test_models_left_out_are_within_the_promise():
    errors = serving.left_out_errors("llm")
    found = hierarchy.factors(errors[errors["benchmark"].str.startswith("TensorRT")]["error"])
    assert found["runs"] >= 50
    assert found["median_factor"] <= 1.17
    assert found["p90_factor"] <= 1.40
    coverage = serving.back_test_table().query("estimator.str.startswith('fitted')", engine="python")["coverage"]
    assert coverage.between(0.75, 0.88).all()


def test_encoders_on_devices_left_out():
    found = hierarchy.factors(serving.left_out_errors("encoder")["error"])
    assert found["median_factor"] <= 1.10
    assert found["p90_factor"] <= 1.40


def test_the_fit_beats_the_bare_roofline():
    rows = [row for row in serving.measured("llm") if row["scenario"] not in serving_rows.FLEETS]
    actual = np.log([row["rate"] for row in rows])
    bare = serving_formula.IDEAL
    off = np.abs(serving_formula.formula("llm", rows, bare) - actual)
    ours = np.abs(serving_formula.formula("llm", rows, serving.estimator("llm").constants) - actual)
    assert np.median(ours) < 0.4 * np.median(off)
    assert (serving_formula.formula("llm", rows, bare) > actual).mean() > 0.95  # nothing is faster than its hardware


@settings(max_examples=40, deadline=None)
@given(
    st.integers(64, 8000),
    st.integers(16, 4000),
    st.sampled_from(["Llama-3.1-8B", "Llama-3.3-70B", "Mixtral-8x7B", "DeepSeek-V3"]),
)
def test_longer_prompts_never_serve_more(input_tokens, output_tokens, model):
    rows = [
        {**PLAN, "model": model, "gpu_count": 8, "input_tokens": n, "output_tokens": output_tokens}
        for n in (input_tokens, 2 * input_tokens)
    ]
    short, long = roofline.tokens_per_second(serving_rows.engines(rows), serving.estimator("llm").constants)
    assert 0 < long <= short * (1 + 1e-9)


def test_a_faster_memory_never_serves_less():
    rows = serving_rows.engines([PLAN])
    constants = serving.estimator("llm").constants
    slow = roofline.tokens_per_second(rows, constants)
    assert roofline.tokens_per_second({**rows, "bandwidth": rows["bandwidth"] * 1.5}, constants) > slow
    assert roofline.tokens_per_second({**rows, "peak_flops": rows["peak_flops"] * 1.5}, constants) > slow


def test_weights_of_a_70b_in_eight_bit():
    assert roofline.weight_bytes(serving_rows.engines([PLAN]))[0] == pytest.approx(72.7e9, rel=0.01)


def test_a_known_pair_is_a_higher_rung_and_a_narrower_interval():
    known = serving.rate(PLAN)
    stranger = serving.rate({**PLAN, "model": "Qwen2.5-72B"})
    assert known.method.startswith("rung 2")
    assert stranger.method.startswith("rung 3")
    assert known.high / known.low < stranger.high / stranger.low


def test_a_plan_that_names_no_benchmark_is_one_engine_at_its_best():
    """It inherits neither what fleets lose under MLPerf's rules nor the label of the table that was fitted on."""
    plan = {**PLAN, "model": "Nobody-8B", "benchmark": "", "scenario": ""}
    constants = serving.estimator("llm").constants
    formula = np.exp(serving_formula.formula("llm", [plan], constants)[0])
    assert serving.rate(plan).mid == pytest.approx(formula, rel=0.25)
    assert serving.rate({**plan, "scenario": "offline max throughput"}).mid == serving.rate(plan).mid
    assert serving.rate({**plan, "scenario": "server"}).mid < serving.rate(plan).mid
    assert 0.4 < constants.fleet < 0.9


def test_a_fleet_of_twice_the_devices_serves_about_twice():
    plan = {**PLAN, "model": "Llama-2-70B", "scenario": "offline", "dataset": "OpenOrca", "benchmark": "MLPerf Inference v5.1"}
    eight, sixteen = (serving.rate({**plan, "gpu_count": n}).mid for n in (8, 16))
    assert sixteen / eight == pytest.approx(2, rel=0.1)


def test_requests_that_memory_cannot_hold_wait():
    asked = [serving.rate({**PLAN, "batch_size": size}).mid for size in (10_000, 1e9)]
    assert asked[0] == asked[1] == pytest.approx(serving.rate(PLAN).mid, rel=0.5)


def test_more_devices_than_a_machine_are_several_engines():
    eight, sixty_four = (serving.rate({**PLAN, "model": "Llama-3.1-8B", "gpu_count": n}).mid for n in (8, 64))
    assert sixty_four > 8 * eight  # eight devices are one engine, as in the tables; sixty-four are as many as serve best


def test_a_device_without_specs_falls_back_on_its_published_rows():
    found = serving.rate({"model": "BERT-Large", "gpu": "CPU-only", "gpu_count": 4, "scenario": "server", "precision": "int8"})
    assert found.method == "rung 2: published on the same device, per device"
    assert found.mid == pytest.approx(2 * 1281.58, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gpu": "H101-80GB-SXM"}, "did you mean 'H100-80GB-SXM'"),
        ({"gpu": None}, "no device given"),
        ({"model": "Llama-3.3-70"}, "did you mean 'Llama-3.3-70B'"),
        ({"precision": "fp7"}, "did you mean 'fp"),
        ({"gpu": "A100-80GB-SXM"}, "no fp8 peak"),
        ({"output_tokens": 0}, "needs input_tokens and output_tokens"),
        ({"input_tokens": 1e30}, "input_tokens is 1e.30; the most is 1e.07"),
        ({"gpu_count": -1}, "gpu_count '-1' is not a number above 0"),
        ({"gpu_count": "eight"}, "gpu_count 'eight' is not a number above 0"),
        ({"model": "x", "params_b": 1e30}, "params_b is 1e.30"),
        ({"input_tokens": "", "dataset": "unheard of"}, "needs input_tokens"),
    ],
)
def test_what_cannot_be_estimated_says_why(change, reason):
    with pytest.raises(ValueRefused, match=reason):
        serving.rate({**PLAN, **change})


def test_an_encoder_in_sixteen_bit_is_slower_than_in_eight():
    plan = {"model": "BERT-Large", "gpu": "L40S", "gpu_count": 1, "scenario": "offline"}
    eight, sixteen = (serving.rate({**plan, "precision": precision}).mid for precision in ("int8", "fp16"))
    assert 0.4 < sixteen / eight < 0.8
    with pytest.raises(ValueRefused, match="8-bit peak or power of V100-16GB-SXM2"):
        serving.rate({**plan, "gpu": "V100-16GB-SXM2"})


def test_the_table_of_errors_keeps_its_promises():
    table = serving.back_test_table().set_index(["tested_on", "estimator"])
    engines = table.loc["single engines"]
    assert engines.loc["fitted, model left out", "median_factor"] <= 1.17
    assert engines.loc["bare roofline", "median_factor"] > 1.3 * engines.loc["fitted, model left out", "median_factor"]
    assert table["runs"].sum() > 200
