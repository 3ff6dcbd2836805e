"""A serving plan as people write it: the same model, device and precision by many names; what is not known stays unknown."""

import numpy as np
import pytest

from bigmodel_utils.value import planner, serving_plan, serving_throughput
from bigmodel_utils.value.refusals import ValueRefused

PLAN = {
    "model": "Llama-3.1-8B",
    "gpu": "H100-80GB-SXM",
    "gpu_count": 1,
    "precision": "fp8",
    "input_tokens": 1000,
    "output_tokens": 500,
}


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-FP8", "Llama-3.1-8B"),
        ("mistralai/Mistral-7B-Instruct-v0.2", "Mistral-7B"),
        ("Qwen2.5-72B-Instruct-AWQ", "Qwen2.5-72B"),
        ("Llama 2 70B chat", "Llama-2-70B"),
        ("llama2-70b-99.9", "Llama-2-70B"),
        ("gptj-99", "GPT-J"),
        ("bert-99", "BERT-Large"),
        ("Yi-34B", None),
        ("", None),
    ],
)
def test_models_by_their_many_names(written, known):
    assert serving_plan.model_named(written) == known


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", "fp16"),
        ("bfloat16", "fp16"),
        ("FP8 (e4m3)", "fp8"),
        ("W4A16", "int4"),
        ("mxfp4", "int4"),
        ("NVFP4", "fp4"),
        ("fp7", "fp7"),
    ],
)
def test_precisions(written, read):
    assert serving_plan.read({"model": "x", "precision": written})["precision"] == read


@pytest.mark.parametrize(
    ("row", "sizes"),
    [
        ({"model": "Yi-34B"}, (34, 34)),
        ({"model": "x", "params_b": "7"}, (7, 7)),
        ({"model": "Big-235B-A22B"}, (235, 22)),
        ({"model": "Phi-4-mini 3.8B", "params_total_b": 4}, (4, 4)),
        ({"model": "Some-8x7B"}, (np.nan, np.nan)),
    ],
)
def test_sizes_from_columns_or_names(row, sizes):
    assert serving_plan.parameters_b(row) == pytest.approx(sizes, nan_ok=True)


def test_a_written_plan_is_the_plain_one():
    written = {
        **PLAN,
        "model": "meta-llama/Llama-3.1-8B-Instruct",
        "gpu": "nvidia h100 80GB",
        "precision": "FP8",
        "output_tokens": "500",
    }
    assert serving_throughput.rate(written).mid == serving_throughput.rate(PLAN).mid


def test_a_model_known_by_size_alone_is_near_the_known_one_and_less_sure():
    known, sized = (serving_throughput.rate({**PLAN, "model": model}) for model in ("Qwen3-8B", "Nobody-8B"))
    assert sized.method == "rung 3: formula on a shape usual for that number of parameters"
    assert 0.6 < sized.mid / known.mid < 1.6
    assert sized.high / sized.low > known.high / known.low


def test_the_fewest_devices_that_hold_the_weights():
    plan = {**PLAN, "model": "Llama-2-70B", "precision": "fp16"}
    with pytest.raises(ValueRefused, match="do not fit"):
        serving_throughput.rate(plan)
    assert serving_throughput.rate({**plan, "gpu_count": ""}).mid == serving_throughput.rate({**plan, "gpu_count": 2}).mid


def test_fewer_requests_at_a_time_serve_less():
    rates = [serving_throughput.rate({**PLAN, "concurrency": n}).mid for n in (1, 8, 64)]
    assert rates == sorted(rates)
    assert rates[0] < 0.3 * rates[-1]


def test_rows_of_another_length_do_not_stand_in_for_a_precision_nobody_knows():
    row = {column: str(value) for column, value in {**PLAN, "precision": "fp9"}.items()}
    import pandas as pd

    out = planner.estimate("serving", pd.DataFrame([row]))
    assert out["mid"][0] == ""
    assert "fp8" in out["reason"][0]
