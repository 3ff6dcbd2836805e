"""From measured figures to the value page: everything the notebooks read, and every refusal."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from bigmodel_utils import scenario
from bigmodel_utils.choices import Decision
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import ScenarioError
from bigmodel_utils.units import Quantity
from bigmodel_utils.value import accounts, decision, sensitivity, uncertainty, venture
from bigmodel_utils.value import valuation as valuations
from bigmodel_utils.value.refusals import ValueRefused


def test_every_headline_figure_is_a_quantity_with_its_interval(valuation):
    figures = accounts.figures(valuation)
    wanted = (
        "npv irr lowest_cash probability_of_gain price_per_thousand saving_per_thousand serving_usd_per_thousand training_usd"
    )
    assert set(wanted.split()) <= set(figures)
    assert all(isinstance(q, Quantity) and q.low <= q.mid <= q.high for q in figures.values())
    assert figures["probability_of_gain"].mid == valuation.probability_of_gain
    assert 0 <= figures["probability_of_saving"].mid <= 1


def test_parts_of_a_cost_add_up_to_its_total(valuation):
    table = accounts.cost_per_thousand(valuation)
    assert list(table["process"]) == ["people", "a", "b", "p"]
    assert table[["computing", "reading", "missed", "needless"]].sum(axis=1).to_numpy() == pytest.approx(
        table["total"].to_numpy()
    )
    assert (table["low"] < table["total"]).all()
    assert (table["high"] > table["total"]).all()
    assert table.set_index("process").loc["people", "computing"] == 0


def test_the_total_of_the_entrant_is_the_model_behind_the_price(valuation):
    table = accounts.cost_per_thousand(valuation).set_index("process")
    errors = venture.model_errors_usd_per_thousand(valuation.draws).mean()
    assert table.loc["b", ["missed", "needless"]].sum() == pytest.approx(errors)


def test_cash_starts_with_the_set_up_and_has_ordered_percentiles(valuation):
    cash = accounts.cash(valuation)
    assert list(cash["month"]) == list(range(61))
    assert (np.diff(cash[["p10", "p25", "p50", "p75", "p90"]], axis=1) >= 0).all()
    assert cash["p50"].iloc[0] == pytest.approx(-np.median(venture.setup_usd(valuation.draws)), rel=1e-6)


def test_the_density_holds_nearly_all_the_probability(valuation):
    density = accounts.npv_density(valuation)
    assert np.trapezoid(density["density"], density["npv"]) == pytest.approx(0.98, abs=0.04)


def test_the_tornado_is_sorted_and_agrees_with_the_model(valuation):
    table = sensitivity.tornado(valuation.marginals, valuation.years)
    swing = (table["npv_at_high"] - table["npv_at_low"]).abs()
    assert (np.diff(swing) <= 1e-9).all()
    first = table.iloc[0]
    middle = uncertainty.medians(valuation.marginals)
    for moved, npv in (({first["assumption"]: first["low_value"]}, first["npv_at_low"]), ({}, first["npv_at_mid"])):
        x = {**middle, **moved}
        assert npv == pytest.approx(venture.net_present_value(venture.monthly_cash(x, 60), x["discount_rate"]))
    assert "machine_usd_hour" not in set(table["assumption"])


def test_threshold_curves_of_each_model(valuation):
    rng = np.random.default_rng(2)
    label = rng.integers(0, 2, 400)
    predictions = pd.DataFrame({"label": label, "a": rng.random(400), "b": np.clip(1 - label + rng.normal(0, 0.3, 400), 0, 1)})
    curves = accounts.threshold_cost(valuation, predictions)
    assert set(curves["model"]) == {"a", "b"}
    cheapest = curves.groupby("model")["usd_per_thousand"].min()
    assert cheapest["b"] < cheapest["a"]


def test_payback_is_a_true_sentence(valuation):
    share = np.mean(valuation.paths.payback <= 60)
    sentence = valuation.payback()
    assert isinstance(sentence, Message)
    assert ("fewer than half" in sentence.read()) == (share < 0.5)


def test_the_verdict_follows_the_scenarios_thresholds():
    rule = Decision(go_at=0.7, stop_at=0.3)
    assert [decision.verdict(p, rule) for p in (0.7, 0.69, 0.3, 0.29)] == ["go", "wait", "wait", "stop"]


def test_every_flip_changes_the_verdict_where_it_says(valuation):
    advice = valuation.advice
    assert advice.flips
    assert [f.reach for f in advice.flips] == sorted(f.reach for f in advice.flips)
    search = decision._Search(valuation.paths.npv, valuation.draws, valuation.scenario.decision)
    for flip in advice.flips[:6]:
        marginal = valuation.marginals[flip.assumption]
        scale = (lambda v: np.log(v / (1 - v))) if sensitivity.is_share(marginal) else np.log
        step = scale(flip.at) - scale(flip.now)
        beyond, short = (search.moved_probability(marginal, factor * step) for factor in (1.02, 0.98))
        verdicts = {decision.verdict(p, valuation.scenario.decision) for p in (beyond, short)}
        assert flip.verdict in verdicts
        assert len(verdicts) == 2
    json.dumps(advice.to_json())


def test_same_inputs_same_money(valuation, figures, confusion):
    again = valuations.estimate(valuation.scenario, figures, confusion, cores=2)
    assert (again.paths.npv == valuation.paths.npv).all()


def test_a_missing_figure_model_or_machine_is_refused_with_the_nearest(figures, confusion):
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400})
    misspelt = {"samples_per_secnd": figures["samples_per_second"]}
    with pytest.raises(ValueRefused, match="did you mean 'samples_per_secnd'"):
        valuations.estimate(chosen, misspelt, confusion, cores=2)
    with pytest.raises(ValueRefused, match="no counts of model 'b'"):
        valuations.estimate(chosen, figures, confusion[confusion["model"] != "b"], cores=2)
    elsewhere = scenario.load("reviews_us_to_cn", {"compute.cpu": "AWS/ap-southeast-1/c7i.lrge"})
    with pytest.raises(ValueRefused, match=r"did you mean 'AWS/ap-southeast-1/c7i\.large'"):
        valuations.estimate(elsewhere, figures, confusion, cores=2)


def test_a_missing_assumption_is_refused(figures, confusion):
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400})
    fewer = {name: a for name, a in chosen.assumptions.items() if name != "entry_usd"}
    with pytest.raises(ScenarioError, match="assumption 'entry_usd'"):
        valuations.estimate(chosen.model_copy(update={"assumptions": fewer}), figures, confusion, cores=2)


@pytest.mark.parametrize(
    ("name", "ends", "hint"),
    [
        ("human_recall", (0.8, 0.9, 1.4), "between 0 and 1; the nearest is 1"),
        ("entry_usd", (-5.0, 1.0, 2.0), "zero or more; the nearest is 0"),
        ("average_load", (0.0, 0.0, 0.0), "above 0"),
    ],
)
def test_an_impossible_assumption_is_refused_with_the_nearest_value(figures, confusion, name, ends, hint):
    changes = {f"assumptions.{name}.{end}": value for end, value in zip(("low", "mid", "high"), ends, strict=True)}
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400, **changes})
    with pytest.raises(ValueRefused, match=rf"{name}[\s\S]*{hint}"):
        valuations.estimate(chosen, figures, confusion, cores=2)


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, pkgutil, importlib, bigmodel_utils.value as room;"
        "[importlib.import_module(f'bigmodel_utils.value.{m.name}') for m in pkgutil.iter_modules(room.__path__)];"
        "print([m for m in ('torch', 'transformers', 'pandas', 'scipy', 'sklearn', 'SALib', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_correlated_assumptions_move_together_in_every_figure(figures, confusion):
    """Ranks are as correlated as the scenario says, and the market page draws the same numbers."""
    from scipy.stats import spearmanr

    from bigmodel_utils.market import estimate

    pairs = [{"between": ["eligible_share", "reviewed_share"], "value": 0.6}]  # the second is an input of the market page only
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 4000, "correlations": pairs})
    found = valuations.estimate(chosen, figures, confusion, cores=2)
    rank, _ = spearmanr(found.draws["eligible_share"], found.draws["reviewed_share"])
    assert rank == pytest.approx(0.6, abs=0.04)
    assert set(found.marginals) == set(venture.INPUTS)
    marginals = uncertainty.of_scenario(chosen, estimate.INPUTS)
    market = uncertainty.draw(marginals, 4000, chosen.seed, uncertainty.correlated(chosen))
    assert (market["eligible_share"] == found.draws["eligible_share"]).all()


def test_correlations_that_contradict_one_another_are_refused_with_the_nearest_that_do_not(figures, confusion):
    names = ("eligible_share", "reachable_share", "long_run_share")
    pairs = [{"between": [names[i], names[j]], "value": value} for i, j, value in ((0, 1, 0.9), (1, 2, 0.9), (0, 2, -0.9))]
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400, "correlations": pairs})
    with pytest.raises(
        ValueRefused, match=r"contradict one another[\s\S]*positive definite matrix; the nearest: eligible_share~"
    ):
        valuations.estimate(chosen, figures, confusion, cores=2)


def test_a_number_without_range_moves_with_nothing(figures, confusion):
    fixed = {f"assumptions.tax_rate.{end}": 0.25 for end in ("low", "mid", "high")}
    pairs = [{"between": ["tax_rate", "discount_rate"], "value": 0.5}]
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400, "correlations": pairs, **fixed})
    assert uncertainty.correlated(chosen) == {}
    assert (valuations.estimate(chosen, figures, confusion, cores=2).draws["tax_rate"] == 0.25).all()


def test_rules_come_from_the_facts_unless_the_scenario_knows_better(valuation, figures, confusion):
    from bigmodel_utils.market import outlook

    burden, _ = outlook.rules(valuation.scenario)
    assert valuation.marginals["rules_delay_months"].parameters == burden.delay_months
    assert valuation.marginals["rules_usd"].parameters == burden.cost_usd
    own = {"low": 1, "mid": 2, "high": 3, "unit": "months", "source": "our counsel", "as_of": "2026-11-01"}
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400, "assumptions.rules_delay_months": own})
    mixed = valuations.estimate(chosen, figures, confusion, cores=2).marginals
    assert mixed["rules_delay_months"].parameters == (1, 2, 3)
    assert mixed["rules_usd"].parameters == burden.cost_usd


def test_a_market_without_rules_on_file_is_refused_not_taken_for_free(figures, confusion):
    chosen = scenario.load("reviews_us_to_cn", {"decision.draws": 400, "target_market.country": "FJI"})
    with pytest.raises(ValueRefused, match="unknown is not none"):
        valuations.estimate(chosen, figures, confusion, cores=2)
