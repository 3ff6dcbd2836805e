"""Published runs that no table of the project holds: are their hours within what the estimator says?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bigmodel_utils import facts
from bigmodel_utils.value import planner


@pytest.fixture(scope="module")
def estimated():
    return planner.estimate("training", planner.read_plan(Path(__file__).with_name("training_runs.csv")))


def factors(runs):
    """How many times off each estimate is, at least 1."""
    return np.exp(np.log(runs["mid"].astype(float) / runs["chip_hours"].astype(float)).abs())


def within(runs):
    low, hours, high = (runs[column].astype(float) for column in ("low", "chip_hours", "high"))
    return (low <= hours) & (hours <= high)


def checked(runs):
    return runs[runs["quality_tier"] != "C"]


def decoders(runs):
    """From scratch or continued, and no encoders: what the back-test is made of."""
    return runs[(runs["stage"] != "finetune") & (runs["architecture"] != "encoder")]


def test_none_of_them_was_fitted_on(estimated):
    fitted = facts.load("training_runs")
    assert not set(estimated["model"]) & set(fitted["model"])
    assert len(set(estimated["family"]) - set(fitted["family"])) >= 25  # strangers to the fit


def test_explicit_records_are_estimated_within_a_factor_of_two(estimated):
    off = factors(decoders(estimated[estimated["quality_tier"] == "A"]))
    assert off.median() <= 1.25
    assert off.quantile(0.9) <= 1.6
    assert off.max() <= 2


def test_rounded_records_are_farther_off(estimated):
    """Days rounded, steady rates, calendars: the record is then a part of the error."""
    off = factors(decoders(checked(estimated)))
    assert off.median() <= 1.35
    assert off.quantile(0.9) <= 2.1


def test_most_lie_in_the_interval(estimated):
    """Four in five of the explicit records; three in four where first code on V100, Trainium or adaptations count as well."""
    assert within(estimated[estimated["quality_tier"] == "A"]).mean() >= 0.8
    assert within(checked(estimated)).mean() >= 0.7
    assert within(estimated[estimated["architecture"] == "moe"]).all()


def test_encoders_of_today_are_quicker_than_those_on_file(estimated):
    """Most on file are first code on V100; the interval says so, and holds half of those that came after."""
    encoders = estimated[estimated["architecture"] == "encoder"]
    assert len(encoders) >= 5
    assert factors(encoders).max() <= 3
    assert within(encoders).mean() >= 0.5
    width = (encoders["high"].astype(float) / encoders["mid"].astype(float)).min()
    assert width > (estimated["high"].astype(float) / estimated["mid"].astype(float)).median()


def test_adaptations_are_as_unsure_as_the_worst_run_on_file(estimated):
    """Small batches, padding and new code: none is in the back-test, and the interval says so."""
    adapted = estimated[estimated["stage"] == "finetune"]
    assert len(adapted) >= 5
    assert within(adapted).mean() >= 0.6
    assert adapted["reason"].str.contains("no run that adapts a finished model was tested").all()


def test_long_sequences_cost_their_attention(estimated):
    """An eight-billion model trained on up to a million tokens at once, while its makers were learning how."""
    long = estimated[estimated["sequence_length"] != ""]
    short = planner.estimate("training", long.drop(columns="sequence_length"))
    assert np.log(factors(long)).mean() < 0.6 * np.log(factors(short)).mean()
    assert within(long).mean() >= 0.5
    assert not within(short).any()


def test_known_families_are_closer_than_strangers(estimated):
    assert factors(estimated[estimated["rung"] == "2"]).median() < factors(estimated[estimated["rung"] == "3"]).median()


def test_the_usual_rule_is_farther_off_on_average():
    """6ND at 40 % of peak on the same runs: its middle is a little worse, its tail far worse."""
    runs = decoders(pd.read_csv(Path(__file__).with_name("training_runs.csv")))
    peak = runs["hardware"].map(facts.load("gpu_specs").set_index("gpu")["bf16_fp16_dense_tflops"]) * 1e12
    rule = 6 * runs["params_active_b"] * runs["tokens_b"] * 1e18 / (0.4 * peak * 3600)
    naive = np.abs(np.log(rule / runs["chip_hours"]))
    ours = np.abs(np.log(planner.estimate("training", runs)["mid"].astype(float) / runs["chip_hours"]))
    assert ours.mean() < naive.mean()
