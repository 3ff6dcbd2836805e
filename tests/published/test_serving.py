"""Published serving rates that no table of the project holds: are they within what the estimator says?

Nothing but the plan is told: model, device, bits, batch and lengths. Cells of the older engines have neighbours in
`inference_bench` (another version of the same engine); what is served one at a time has none.
"""

from pathlib import Path

import numpy as np
import pytest

from bigmodel_utils import facts
from bigmodel_utils.value import planner

ONE_AT_A_TIME = "llama.cpp"


@pytest.fixture(scope="module")
def estimated():
    rows = planner.estimate("serving", planner.read_plan(Path(__file__).with_name("serving.csv")))
    actual, low, mid, high = (rows[column].astype(float) for column in ("output_tokens_per_s", "low", "mid", "high"))
    return rows.assign(error=np.log(mid / actual), inside=(low <= actual) & (actual <= high))


def test_none_of_them_was_fitted_on(estimated):
    assert not set(estimated["benchmark"]) & set(facts.load("inference_bench")["benchmark"])
    assert set(estimated["unit"]) == {"output tokens/s"}


def test_full_batches_are_within_a_quarter_in_the_middle(estimated):
    full = estimated[(estimated["benchmark"] != ONE_AT_A_TIME) & (estimated["scenario"] == "")]
    assert np.exp(full["error"].abs().median()) <= 1.25
    assert np.exp(full["error"].abs().quantile(0.9)) <= 1.7
    assert abs(full["error"].median()) <= np.log(1.15)  # neither above nor below
    assert full["inside"].mean() >= 0.8


def test_models_never_measured_are_hardly_farther_off(estimated):
    strangers = estimated[~estimated["model"].isin(facts.load("inference_bench")["model"])]
    strangers = strangers[(strangers["benchmark"] != ONE_AT_A_TIME) & (strangers["scenario"] == "")]
    assert set(strangers["model"]) >= {"Mistral-7B", "Falcon-180B", "Llama-2-13B"}
    assert np.exp(strangers["error"].abs().median()) <= 1.4
    assert strangers["inside"].mean() >= 0.7


def test_one_request_at_a_time_is_underestimated(estimated):
    """No batch this small was fitted on: the time that a layer costs besides its bytes is too long, most for few bits."""
    single = estimated[estimated["benchmark"] == ONE_AT_A_TIME]
    assert np.exp(single["error"].abs().median()) <= 1.5
    assert np.exp(single["error"].abs().max()) <= 2.2
    assert single["inside"].mean() >= 0.55


def test_fleets_of_rounds_that_are_not_on_file(estimated):
    """The nearest round on file stands in: what software gained between them is not known."""
    fleets = estimated[estimated["scenario"] != ""]
    assert len(fleets) >= 8
    assert np.exp(fleets["error"].abs().median()) <= 1.3
    assert np.exp(fleets["error"].abs().max()) <= 1.8
    assert fleets["inside"].mean() >= 0.6
