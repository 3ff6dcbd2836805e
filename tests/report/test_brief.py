"""What the brief says is computed and true, whichever way the decision falls."""

from __future__ import annotations

import re
from json import dumps

import pytest
from finished_run import written_run

from bigmodel_utils.artifacts import Run
from bigmodel_utils.messages import Message
from bigmodel_utils.report import sections, steps, verdict
from bigmodel_utils.report.evidence import Evidence, rounded, written
from bigmodel_utils.report.markup import plain
from bigmodel_utils.report.origins import Origins
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


def test_waiting_names_what_it_hangs_on(run: Run) -> None:
    evidence = Evidence(run)
    assert evidence.decision["verdict"] == "wait"
    upward = next(flip for flip in evidence.decision["flips"] if flip["verdict"] == "go")
    assert upward["assumption"] == "reviews_per_merchant_month"
    assert plain(verdict.headline(evidence), "en") == "Wait: it hangs on reviews per merchant and month"


def test_every_sentence_reads_in_both_languages(decided: tuple[str, Evidence]) -> None:
    _, evidence = decided
    parts = [part(evidence) for part in (sections.market, sections.model, sections.cost, sections.value, sections.risk)]
    sentences = [sentence for chart, prose in parts for sentence in (chart.finding, *prose)]
    for sentence in [*sentences, *verdict.lead(evidence), *steps.steps(evidence)]:
        assert not re.search(r"nan|None|\{", plain(sentence, "en"))
        assert re.search(r"[\u4e00-\u9fff]", plain(sentence, "zh"))


@pytest.mark.parametrize(
    ("difference", "p_value", "says"),
    [(0.02, 0.001, "adds 2.0 points"), (-0.02, 0.001, "costs 2.0 points"), (0.02, 0.4, "no measurable difference")],
)
def test_honest_about_starting_from_the_home_model(difference: float, p_value: float, says: str) -> None:
    assert says in plain(sections._starting({"difference": difference, "p_value": p_value}), "en")


def test_a_loss_is_never_sold_as_a_gain() -> None:
    assert "not shown to pay" in plain(sections._adapting({"difference": -0.03, "p_value": 0.001}), "en")
    assert "not shown to pay" in plain(sections._adapting({"difference": 0.03, "p_value": 0.2}), "en")


def test_notebook_08_may_write_the_next_steps(run: Run) -> None:
    file = run.folder / "08_decide" / "brief.json"
    given = Message("Call {name} first", name="Ms. Li")
    file.write_text(dumps({"next_steps": [given.to_json()]}), encoding="utf-8")
    assert steps.steps(Evidence(run)) == [given]
    file.unlink()


def test_thresholds_are_rounded_but_never_to_the_value_they_differ_from() -> None:
    assert rounded(6454.03) == 6500
    assert rounded(106.3) == 110
    assert rounded(106.3, unlike=110) == 106
    assert plain(written(0.125, "share"), "en") == "12.5%"
    assert plain(written(3000, "reviews"), "zh") == "3,000 条评论"


def test_marks_belong_to_known_quantities_only() -> None:
    known = Quantity(mid=3, unit="rows", origin="measured", source="this run", n=9)
    origins = Origins({"known": known}, "run1")
    assert origins.html(Message("{n:integer}", n=4)) == "4"
    assert 'popovertarget="o-known"' in origins.html(Message("{n:integer}", n=known))
    rows = origins.rows()
    assert rows.count("popover id=") == 1
    assert "run1" in rows
