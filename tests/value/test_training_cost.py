"""Chip-hours before a run: the traps of the published records, the error on families left out, and the ladder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigmodel_utils import facts
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import hierarchy, machines, throughput_scaling, training_cost, training_runs
from bigmodel_utils.value.refusals import ValueRefused

LLAMA = {
    "model": "a 7B",
    "family": "new",
    "architecture": "dense",
    "params_total_b": 6.74,
    "tokens_b": 2000,
    "hardware": "A100-80GB-SXM",
}


def run(model):
    return facts.row("training_runs", model=model)


def test_tokens_are_those_seen_not_the_corpus():
    assert run("OPT-175B")["tokens_b"] == 300  # of a corpus of 180
    assert run("phi-2")["tokens_b"] == 1400  # of a set of 250


def test_hours_are_those_of_the_whole_run():
    assert run("DeepSeek-V2")["chip_hours"] == pytest.approx(1.40e6, rel=0.01)  # not 172,800 per trillion tokens
    assert run("DeepSeek-V3")["chip_hours"] == 2_664_000


def test_sparse_models_count_active_parameters():
    sparse = training_runs.back_test().query("architecture == 'moe'")
    assert (sparse["params_active_b"] < sparse["params_total_b"]).all()
    assert run("DeepSeek-V3")["params_active_b"] == 37


def test_peaks_are_dense():
    peaks = training_runs.back_test().groupby("hardware")["peak_flops"].first() / 1e12
    known = {
        "A100-80GB-SXM": 312,
        "H100-80GB-SXM": 989.4,
        "H800-80GB-SXM": 989,
        "V100-32GB-SXM2": 125,
        "TPU-v3": 123,
        "TPU-v4": 275,
        "MI250X": 383,
    }
    assert {name: peaks[name] for name in known} == pytest.approx(known, rel=0.001)


@pytest.mark.parametrize(("column", "wrong"), [("tokens_b", 8100 * 8.1), ("chip_hours", 172_800), ("params_active_b", 236.0)])
def test_a_record_that_cannot_be_true_is_refused(column, wrong):
    """DeepSeek-V2 with a trap sprung: its utilisation would exceed what any chip can do."""
    runs = training_runs.back_test().query("model == 'DeepSeek-V2'").copy()
    runs["utilisation"] *= {"chip_hours": runs[column] / wrong}.get(column, wrong / runs[column])
    with pytest.raises(ValueRefused, match="tokens seen"):
        training_runs.plausible(runs)


def test_circular_and_coarse_sources_are_left_out():
    models = set(training_runs.back_test()["model"])
    assert {"Meena-2.6B", "UL2-20B", "Alpaca-7B"} & models == set()
    assert len(models) >= 55


def test_left_out_families_are_estimated_within_the_promise():
    table = training_cost.back_test_table().set_index(["tested_on", "estimator"])
    ours = table.loc[("checked", "fitted, family left out")]
    assert ours["median_low"] < ours["median_factor"] <= 1.22
    assert ours["median_factor"] < ours["median_high"]
    assert ours["p90_factor"] <= 1.8
    assert 0.75 <= ours["coverage"] <= 0.88
    everything = table.loc["all"]
    assert everything.loc["fitted, family left out", "median_factor"] < everything.loc["6ND at 0.30", "median_factor"]
    assert everything.loc["fitted, family left out", "p90_factor"] < everything.loc["6ND at 0.40", "p90_factor"]


def test_metas_seven_billion_lies_in_the_interval_of_a_stranger():
    hours = training_cost.chip_hours(LLAMA)
    assert hours.low < 184_320 < hours.high
    assert hours.method.startswith("rung 3")


def test_a_known_family_is_a_higher_rung_and_a_narrower_interval():
    stranger, known = training_cost.chip_hours(LLAMA), training_cost.chip_hours({**LLAMA, "family": "llama2"})
    assert known.method.startswith("rung 2")
    assert known.high / known.low < stranger.high / stranger.low


def test_a_measured_rate_is_the_first_rung():
    hours = training_cost.chip_hours({"tokens_b": 2000, "tokens_per_s_per_gpu": 3000})
    steady = 2000e9 / 3000 / 3600
    assert (hours.low, hours.mid, hours.high) == pytest.approx((steady, steady / 0.9, steady / 0.67))
    assert hours.method.startswith("rung 1")


def test_a_rate_of_another_chip_is_carried_by_its_measured_utilisation():
    plan = {"tokens_b": 2000, "tokens_per_s_per_gpu": 3000, "hardware": "H100-80GB-SXM"}
    here, carried = training_cost.chip_hours(plan), training_cost.chip_hours({**plan, "measured_on": "A100-80GB-SXM"})
    speed_up = here.mid / carried.mid
    assert 0.65 < speed_up / (989.4 / 312) < 0.85  # an H100 is used about three quarters as fully
    assert carried.method.startswith("rung 2")
    assert carried.high / carried.low > here.high / here.low
    with pytest.raises(ValueRefused, match="did you mean 'H100-80GB-SXM'"):
        training_cost.chip_hours({**plan, "measured_on": "A100-80GB-SXM", "hardware": "H100-80GB-PCIe"})


def test_carried_rates_agree_with_measured_ones():
    """Every model measured on both chips: A100 rates carried to H100 are within a tenth in the middle."""
    known = throughput_scaling.utilisations()
    source, target = "A100-80GB-SXM", "H100-80GB-SXM"
    rate = Quantity(mid=1.0, unit="tokens/s per chip", origin="measured", source="test")
    ratio = throughput_scaling.carried(rate, source, target).mid / (989.4 / 312)
    errors = [abs(np.log(ratio) + known[source][model] - known[target][model]) for model in known[source]]
    assert np.exp(np.median(errors)) < 1.10


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 500), st.floats(1, 20_000), st.floats(1.1, 10))
def test_hours_grow_with_tokens_about_in_proportion(size, tokens, factor):
    plan = {**LLAMA, "params_total_b": size, "tokens_b": tokens}
    more = training_cost.chip_hours({**plan, "tokens_b": tokens * factor})
    growth = more.mid / training_cost.chip_hours(plan).mid
    assert factor**0.8 < growth < factor**1.25  # long trainings on file used their chips a little differently


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hardware": "B100-80GB-SXM"}, "did you mean 'H100-80GB-SXM'"),
        ({"hardware": ""}, "no hardware"),
        ({"architecture": "mo"}, "did you mean 'moe'"),
        ({"architecture": "moe"}, "needs params_active_b"),
        ({"tokens_b": None}, "needs tokens_b"),
        ({"tokens_b": -5}, "needs tokens_b"),
        ({"tokens_b": "many"}, "needs tokens_b"),
        ({"params_total_b": 0, "tokens_b": float("nan")}, "params_total_b and tokens_b"),
        ({"params_active_b": 70}, "a part"),
        ({"precision": "int7"}, "precision 'int7' is not known; .*bf16"),
        ({"precision": "fp32", "hardware": "TPU v4"}, "no 32-bit peak is known for TPU-v4"),
        ({"tokens_b": "", "training_flops_reported": 1e40}, "counts operations of the whole run"),
        ({"tokens_per_s_per_gpu": 1e9}, "all that A100-80GB-SXM could compute"),
    ],
)
def test_what_cannot_be_estimated_says_why(change, reason):
    with pytest.raises(ValueRefused, match=reason):
        training_cost.chip_hours({**LLAMA, **change})


@pytest.mark.parametrize(
    ("written", "alike"),
    [
        ({"hardware": "NVIDIA A100 80GB (SXM4)"}, {}),
        ({"tokens_b": "2T", "params_total_b": "6.74B"}, {}),
        ({"tokens_b": "~2,000"}, {}),
        ({"architecture": "Decoder-only Transformer"}, {}),
        ({"architecture": "Mixture of Experts", "params_active_b": 3}, {"architecture": "moe", "params_active_b": 3}),
        ({"architecture": "", "params_active_b": 3}, {"architecture": "moe", "params_active_b": 3}),
        ({"model": "Ours-7B-A3B", "architecture": "MoE"}, {"architecture": "moe", "params_active_b": 3}),
        ({"family": "Llama 2"}, {"family": "llama2"}),
        ({"year": 2031}, {"year": 2040}),
        ({"year": ""}, {"year": 2023}),
    ],
)
def test_a_plan_is_read_as_people_write_it(written, alike):
    assert training_cost.chip_hours({**LLAMA, **written}).mid == pytest.approx(training_cost.chip_hours({**LLAMA, **alike}).mid)


@pytest.mark.parametrize(
    ("column", "value"), [("tokens_b", 2_000_000_000_000), ("params_total_b", 6_740_000_000), ("tokens_b", "2e12")]
)
def test_a_count_of_single_tokens_or_parameters_is_refused(column, value):
    with pytest.raises(ValueRefused, match="it counts billions"):
        training_cost.chip_hours({**LLAMA, column: value})


@pytest.mark.parametrize("hardware", ["TPU-v5p", "B200-SXM", "MI300X", "Ascend-910B2", "V100-16GB-SXM2", "RTX-4090"])
@pytest.mark.parametrize("architecture", ["dense", "moe", "encoder", "ssm"])
def test_any_known_chip_and_architecture_has_an_estimate(hardware, architecture):
    hours = training_cost.chip_hours({**LLAMA, "hardware": hardware, "architecture": architecture, "params_active_b": 3})
    assert 0 < hours.low < hours.mid < hours.high
    assert np.isfinite(hours.high)


def test_every_architecture_is_held_as_often_as_promised():
    """One width for all would be too narrow for encoders and sparse models: their utilisation varies more."""
    errors, fitted = training_cost.back_test_errors(), training_cost.estimator()
    wide = fitted.deviations[False] * errors["architecture"].map(fitted.spread_of)
    held = (errors["error"].abs() <= wide * errors["deviation"]).groupby(errors["architecture"]).mean()
    assert (held[["dense", "encoder", "moe"]] >= 0.7).all()
    assert fitted.spread["dense"] < fitted.spread["moe"]
    assert fitted.spread_of("ssm") == max(fitted.spread.values())  # one is on file


def test_precisions_are_read_as_people_write_them():
    widths = [
        training_runs.width_of(told) for told in ("", None, float("nan"), "bf16-mixed", "16-true", "FP8", "bf16/fp32", "nf4")
    ]
    assert set(widths) == {training_runs.SIXTEEN_BIT}
    assert {training_runs.width_of(told) for told in ("TF32", "fp32", "32-true")} == {"fp32_dense_tflops"}
    assert training_runs.width_of("fp64") is None


def test_thirty_two_bits_take_the_slower_units():
    narrow, wide = (training_cost.chip_hours({**LLAMA, "precision": told}) for told in ("bf16", "tf32"))
    assert wide.mid == pytest.approx(2 * narrow.mid)
    assert wide.high / wide.low > narrow.high / narrow.low
    assert "no run at 32 bit was tested" in wide.method


def test_an_adaptation_is_estimated_with_its_doubt():
    whole, tuned, adapter, probe = (
        training_cost.chip_hours({**LLAMA, "family": "llama2", "stage": stage})
        for stage in ("pretrain", "full fine-tuning", "LoRA", "linear probe")
    )
    assert tuned.mid > adapter.mid > probe.mid
    assert tuned.mid / adapter.mid == pytest.approx(1.5, rel=0.1)
    assert tuned.high / tuned.low > whole.high / whole.low
    assert tuned.method.startswith("rung 3")
    assert whole.method.startswith("rung 2")


def test_sequences_beyond_those_on_file_cost_their_attention():
    flop = [
        training_cost.planned_flop({**LLAMA, "model": "Llama-2-7B", "sequence_length": told}) for told in ("", "8K", "128K")
    ]
    assert flop[0] == flop[1] == 6 * 6.74e9 * 2000e9
    assert flop[2] == pytest.approx(flop[0] + 6 * 32 * 4096 * (128_000 - 8192) * 2000e9)
    unknown = training_cost.planned_flop({**LLAMA, "sequence_length": 128_000})  # a usual shape of that size
    assert unknown == pytest.approx(flop[2], rel=0.15)


def test_stated_flop_stand_in_for_tokens():
    stated = {**LLAMA, "tokens_b": None, "params_active_b": 6.74, "training_flops_reported": 6 * 6.74e9 * 2000e9}
    assert training_cost.chip_hours(stated).mid == pytest.approx(training_cost.chip_hours(LLAMA).mid)


def test_hours_times_rent():
    """DeepSeek-V3's published dollars are hours times two dollars: arithmetic, not evidence."""
    hours = training_cost.chip_hours(LLAMA).model_copy(update={"mid": 2.788e6, "low": 2e6, "high": 4e6})
    from datetime import date

    machine = machines.Machine("Acme/here/eight", "USA", "H800-80GB-SXM", 8, 16.0, None, "test", date(2026, 11, 1))
    assert training_cost.cost(hours, machine).mid == pytest.approx(5.576e6)
    assert training_cost.cost(hours, machine, overhead=0.2).mid == pytest.approx(1.2 * 5.576e6)
    with pytest.raises(ValueRefused, match="the nearest is 0"):
        training_cost.cost(hours, machine, overhead=-0.1)


def test_one_absurd_record_hardly_moves_the_others():
    """A utilisation three times too high: noise with long tails gives it little weight."""
    runs = training_runs.back_test()
    y, odd = np.log(runs["utilisation"].to_numpy()), runs["model"].eq("Llama-2-70B").to_numpy()
    x, tier = training_cost.design(runs), np.zeros(len(y), int)
    regression = hierarchy.fit(x, y + odd * np.log(3), tier, 1)
    assert regression.weights[odd] < 0.5
    moved = regression.predict(x.rows(~odd))[0] - hierarchy.fit(x.rows(~odd), y[~odd], tier[~odd], 1).predict(x.rows(~odd))[0]
    assert np.abs(moved).max() < 0.1
