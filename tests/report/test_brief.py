"""What the brief says is computed and true, whichever way the decision falls."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime

import pytest
from finished_run import written_run

from bigmodel_utils.artifacts import Run
from bigmodel_utils.messages import Message
from bigmodel_utils.report import figure_names, provenance, sections, steps, verdict
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import plain
from bigmodel_utils.report.names import written
from bigmodel_utils.report.origins import Origins
from bigmodel_utils.report.scale import rounded
from bigmodel_utils.scenario import CHAIN
from bigmodel_utils.units import Quantity

RULES = {"go": {"decision.go_at": 0.1, "decision.stop_at": 0.05}, "stop": {"decision.go_at": 0.99, "decision.stop_at": 0.98}}


@pytest.fixture(scope="module", params=RULES)
def decided(request: pytest.FixtureRequest) -> tuple[str, Evidence]:
    return request.param, Evidence(written_run("reviews_us_to_cn", **RULES[request.param]))


def test_headline_and_last_step_follow_the_verdict(decided: tuple[str, Evidence]) -> None:
    way, evidence = decided
    assert plain(verdict.headline(evidence), "en").lower().startswith(way)
    last = plain(steps.steps(evidence)[-1], "en")
    assert last.startswith({"go": "Enter China", "stop": "Spend nothing further on China"}[way])


def test_steps_carry_days_counted_from_the_decision_not_from_the_reading(run: Run) -> None:
    evidence = Evidence(run)
    decision = run.folder / "08_decide" / "decision.json"
    assert evidence.decided_on == datetime.fromtimestamp(decision.stat().st_mtime, UTC).date()
    os.utime(decision, (0, 0))  # copied, unpacked or touched: the record still tells the day
    again = Evidence(Run(run.scenario))
    assert steps.steps(again) == steps.steps(evidence)
    days = [step.values["day"] for step in steps.steps(evidence)]
    assert all(date.fromisoformat(day) > evidence.decided_on for day in days)
    assert max(days) == days[-1], "the decision is taken again after every question was asked"


def shorter(*left_out: str) -> Evidence:
    chain = [stage for stage in CHAIN if stage not in left_out]
    return Evidence(written_run("reviews_us_to_cn", chain=chain))


def test_what_is_served_is_told_with_its_size_and_the_rate_it_sustains(run: Run) -> None:
    evidence = Evidence(run)
    told = plain(sections.served(evidence), "en")
    assert "fewer layers, taught again, 49 MB" in told
    assert "80 requests a second, 95 of 100 within 250 ms" in told
    none = evidence.figures["sustained_requests_per_second"].model_copy(update={"mid": 0.0, "low": 0.0})
    evidence.figures["sustained_requests_per_second"] = none
    assert "No rate was found" in plain(sections.served(evidence), "en")


@pytest.mark.parametrize(("low", "says"), [(-0.4, "no accuracy that can be shown (0.4 points"), (0.2, "costs 0.4 points")])
def test_what_privacy_costs_is_told_only_as_far_as_it_is_shown(run: Run, low: float, says: str) -> None:
    evidence = Evidence(run)
    lost = evidence.figures["privacy_points_lost"]
    evidence.figures["privacy_points_lost"] = lost.model_copy(update={"low": low})
    way, cost = (plain(sentence, "en") for sentence in sections.trust(evidence))
    assert "customers' texts stay where they are" in way
    assert says in cost


def test_a_chain_without_serving_and_trust_says_so_and_links_only_to_pages_that_exist() -> None:
    evidence = shorter("04_deploy_model", "07_check_trust")
    assert "was not measured" in plain(sections.served(evidence), "en")
    assert "was not examined" in plain(sections.trust(evidence)[0], "en")
    pages = {"05_size_market.html": Message("How many would buy?"), "06_estimate_value.html": Message("What is it worth?")}
    html = sections.html(evidence, Origins(evidence.figures, evidence.run.id), pages)
    assert re.findall(r'href="([^"]*)"', html) == list(pages)


def test_waiting_names_what_it_hangs_on(run: Run) -> None:
    evidence = Evidence(run)
    assert evidence.decision["verdict"] == "wait"
    upward = next(flip for flip in evidence.decision["flips"] if flip["verdict"] == "go")
    assert upward["assumption"] == "reviews_per_merchant_month"
    assert plain(verdict.headline(evidence), "en") == "Wait: it hangs on reviews per merchant and month"


@pytest.mark.parametrize(("low", "high", "says"), [(1, 9, "saves a customer $5.00"), (-1, 9, "is open"), (-9, -1, "nothing")])
def test_a_saving_is_certain_only_where_its_whole_range_is(run: Run, low: float, high: float, says: str) -> None:
    evidence = Evidence(run)
    saving = evidence.figures["saving_per_thousand"].model_copy(update={"low": low, "mid": (low + high) / 2, "high": high})
    evidence.figures["saving_per_thousand"] = saving
    assert says in plain(verdict.lead(evidence)[-1], "en")


def test_another_way_in_is_told_and_asked_for_only_where_it_is_worth_more(run: Run) -> None:
    evidence = Evidence(run)
    best = evidence.table("entry").iloc[0]
    vars(evidence)["better_way"] = best.to_dict() | {
        "mode": "partner",
        "title": "Local partner",
        "npv_mid": 29_244.0,
        "gain": 0.52,
    }
    told = plain(sections.value(evidence)[1][-1], "en")
    assert "“Local partner”" in told
    assert "$29.2K in the middle, and 52% of them gain money" in told
    assert "two candidates for “Local partner”" in plain(steps.steps(evidence)[-2], "en")
    vars(evidence)["better_way"] = None
    assert "Not alone" not in plain(sections.value(evidence)[1][-1], "en")
    assert "candidates" not in plain(steps.steps(evidence)[-2], "en")


def flip(assumption: str, verdict: str, reach: float) -> dict:
    return {"assumption": assumption, "now": 1.0, "at": 2.0, "unit": "share", "verdict": verdict, "reach": reach}


def test_the_nearest_way_to_each_verdict_is_shown_the_better_first() -> None:
    stops = [flip(name, "stop", reach) for name, reach in (("a", 0.1), ("b", 0.2), ("c", 0.3))]
    far = flip("d", "go", 4.0)
    assert verdict.nearest_flips([*stops, far]) == [far, *stops[:2]]
    assert verdict.nearest_flips([stops[0], flip("e", "stop", 1.4)]) == stops[:1]
    assert verdict.nearest_flips([]) == []


def test_every_sentence_reads_in_both_languages(decided: tuple[str, Evidence]) -> None:
    _, evidence = decided
    parts = [part(evidence) for part in (sections.market, sections.model, sections.cost, sections.value, sections.risk)]
    sentences = [sentence for chart, prose in parts for sentence in (chart.finding, *prose)]
    for sentence in [*sentences, *verdict.lead(evidence), *steps.steps(evidence)]:
        assert not re.search(r"nan|None|\{", plain(sentence, "en"))
        assert re.search(r"[\u4e00-\u9fff]", plain(sentence, "zh"))


@pytest.mark.parametrize(
    ("difference", "p_value", "says"),
    [(0.02, 0.001, "a head start: 2.0 points"), (-0.02, 0.001, "2.0 points better"), (-0.02, 0.4, "no measurable head start")],
)
def test_honest_about_starting_from_the_home_model(difference: float, p_value: float, says: str) -> None:
    assert says in plain(sections._starting({"difference": difference, "p_value": p_value}), "en")


def test_a_loss_is_never_sold_as_a_gain() -> None:
    assert "not shown to pay" in plain(sections._adapting({"difference": -0.03, "p_value": 0.001}), "en")
    assert "not shown to pay" in plain(sections._adapting({"difference": 0.03, "p_value": 0.2}), "en")


def test_one_owner_is_asked_once(run: Run) -> None:
    evidence = Evidence(run)
    asked = [step for step in (plain(step, "en") for step in steps.steps(evidence)) if "(now " in step]
    owners = [re.search(r"\((\w+ lead), by", step)[1] for step in asked]
    assert len(set(owners)) == len(owners)
    assert sum(step.count("(now ") for step in asked) == steps.SHOWN


def test_thresholds_are_rounded_but_never_to_the_value_they_differ_from() -> None:
    assert rounded(6454.03) == 6500
    assert rounded(106.3) == 110
    assert rounded(106.3, unlike=110) == 106
    assert plain(written(0.125, "share"), "en") == "12.5%"
    assert plain(written(3000, "reviews"), "zh") == "3,000 评论"


def test_how_a_figure_was_found_is_told_in_the_readers_words() -> None:
    told = provenance.method(
        "highest rate of Poisson arrivals at which 95 % were answered within 250 ms, twice; from the next lower rate"
    )
    assert "came within 250 ms, twice" in plain(told, "en")
    assert plain(provenance.source("Bass 1969 {x}"), "zh") == "Bass 1969 {x}", "what nobody worded stays as it was noted"
    carried = "measured on 2 CPU cores, carried to 2 vCPU of AWS/x; prices.csv @1"
    assert (
        plain(provenance.source(carried), "en") == "measured on 2 CPU cores, carried to 2 cores of AWS/x; price: prices.csv @1"
    )


def test_figures_are_named_from_the_parts_of_their_keys() -> None:
    assert plain(figure_names.figure("target_routing_gain_b_over_a"), "en").startswith("lead of adapted model over home model")
    assert plain(figure_names.figure("accuracy_target_p"), "en") == "share read right: target market: adapted without home data"
    assert plain(figure_names.figure("found_at_30_permille"), "en") == "surges of 3% that are found"
    assert plain(figure_names.figure("tax_rate"), "en") == "tax on profit"
    assert plain(figure_names.figure("b_over_nobody"), "en") == "b over nobody"


def test_marks_belong_to_known_quantities_only() -> None:
    known = Quantity(mid=3, unit="rows", origin="measured", source="this run", n=9)
    origins = Origins({"known": known}, "run1")
    assert origins.html(Message("{n:integer}", n=4)) == "4"
    assert 'popovertarget="o-known"' in origins.html(Message("{n:integer}", n=known))
    rows = origins.rows()
    assert rows.count("popover id=") == 1
    assert "run1" in rows
