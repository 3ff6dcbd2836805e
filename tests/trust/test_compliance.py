"""Duties are answered from what the run shows and from nothing else; licences and cards say no more than they know."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bigmodel_utils import facts, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation.attribution import Attribution
from bigmodel_utils.evaluation.explain import Example
from bigmodel_utils.messages import Message
from bigmodel_utils.report import compliance_tables
from bigmodel_utils.trust import TrustError, compliance, evidence, explanation, licences, pack
from bigmodel_utils.trust.evidence import Finding
from bigmodel_utils.trust.markdown import plain, table
from bigmodel_utils.units import Quantity

HOSTILE = "<script>alert(1)</script> | [x](javascript:1) `rm`"
NAMES = {row["evidence"] for row in facts.rows("compliance_duties")} - {""}
SHOWN = Finding(Message("Seen"), "somewhere")


def measured(mid: float, unit: str = "share", n: int = 80) -> Quantity:
    return Quantity(mid=mid, low=mid * 0.9, high=mid * 1.1, unit=unit, origin="measured", source="this run", n=n)


def written(run: Run) -> Run:
    """Leave what notebooks 01 and 03 leave, with data that would be markup if anybody let it."""
    chosen = run.scenario
    first = Run(chosen, "01_prepare_data")
    first.begin()
    rows = pd.DataFrame({"text": ["good", "mail me: a.b@example.com"], "label": [1, 0], "row": [0, 1]})
    for market in ("source", "target"):
        for part in ("train", "validation", "test"):
            first.write_table(f"{market}_{part}", rows)
        origin = getattr(chosen, f"{market}_market").data.origin
        sheet = {"origin": origin, "raw_rows": 9, "parts": {"train": 2}, "licence": "MIT", "gaps": [HOSTILE], "about": HOSTILE}
        first.write_json(f"{market}_sheet", sheet)
    counts = {
        f"{m}_{what}": measured(5, "rows") for m in ("source", "target") for what in ("personal_data_rows", "rows", "raw_rows")
    }
    first.write_figures(counts)
    first.finish()
    third = Run(chosen, "03_evaluate_model")
    third.begin()
    names = ("accuracy_target_b", "accuracy_source_b", "recall_b", "false_alarm_rate_b")
    third.write_figures({name: measured(0.8) for name in names})
    third.write_table(
        "noise", pd.DataFrame([("target", "typos", 0.1, 0.0, 0.2)], columns=["market", "change", "lost", "low", "high"])
    )
    ends = [f"{rate}{end}" for rate in ("recall", "false_alarm_rate") for end in ("", "_low", "_high")]
    groups = [("short", 0.9, 0.85, 0.95, 0.1, 0.0, 0.2), ("long", 0.6, 0.5, 0.7, 0.1, 0.0, 0.2)]
    third.write_table("groups", pd.DataFrame(groups, columns=["group", *ends]))
    third.write_table("predictions", pd.DataFrame({"row": [0, 1], "label": [1, 0], "b": [0.1, 0.9]}))
    third.write_json("machine", {"threshold": 0.5})
    third.finish()
    return Run(chosen, "07_check_trust")


@pytest.fixture
def run(workspace: Path) -> Run:
    return written(Run(scenario.load("smoke")))


def told(speaking: list[str]) -> explanation.Told:
    pieces = pd.DataFrame({"start": [0], "end": [3], "piece": ["bad"], "score": [1.0]})
    example = Example("target", "positive", Attribution("bad", "negative", 0.9, pieces, 1.0))
    return explanation.Told(example, "review", 0.9, measured(0.7), speaking, [], measured(0.8), 0.2, measured(0.1))


def test_every_law_on_file_has_a_checklist_and_every_evidence_a_source(run: Run) -> None:
    laws = {row["instrument"] for row in facts.rows("policy")}
    assert laws == {row["instrument"] for row in facts.rows("compliance_duties")}
    own = {"licences", "risk", "model_card", "explanation", "privacy"}
    assert set(evidence.gather(run, "target")) | own >= NAMES


def test_nothing_is_answered_without_evidence() -> None:
    chosen = scenario.load("smoke")
    review = compliance.review(chosen, {"target": {}, "source": {}}, compliance.classify(chosen))
    assert {line.status for line in review.lines} == {"open"}
    assert all(line.finding is None for line in review.lines)


@pytest.mark.parametrize(("short", "found"), [(False, {"open", "in part", "answered"}), (True, {"open", "short"})])
def test_status_follows_evidence_and_who_completes(short: bool, found: set[str]) -> None:
    chosen = scenario.load("smoke")
    shown = dict.fromkeys(NAMES, replace(SHOWN, short=short))
    review = compliance.review(chosen, {"target": shown, "source": shown}, compliance.classify(chosen))
    assert {line.status for line in review.lines} == found
    people = {(row["regime"], row["duty"]) for row in facts.rows("compliance_duties") if row["who"] == "person"}
    assert {line.status for line in review.lines if (line.regime, line.duty) in people} == {"open"}
    assert sum(q.mid for q in review.figures.values()) == len(review.lines) == len(review.table)


def test_an_undeclared_use_owes_what_a_high_risk_owes_and_an_unknown_one_is_refused() -> None:
    europe = {"target_market.country": "DEU"}
    harmless, undeclared, credit = (
        scenario.load("smoke", europe | {"trust.area": area}) for area in ("customer_messages", "undeclared", "credit")
    )
    counts = []
    for chosen in (harmless, undeclared, credit):
        risk = compliance.classify(chosen)
        counts.append(len(compliance.review(chosen, {"target": {}, "source": {}}, risk).lines))
    assert counts[0] < counts[1] == counts[2]
    assert compliance.classify(credit).level == "high"
    with pytest.raises(TrustError, match="did you mean 'credit'"):
        compliance.classify(scenario.load("smoke", {"trust.area": "credits"}))


def test_a_duty_that_does_not_apply_yet_is_listed_and_said_so() -> None:
    chosen = scenario.load("smoke", {"target_market.country": "DEU", "trust.area": "credit"})
    risk = compliance.classify(chosen)
    before, after = (
        compliance.review(chosen, {"target": {}, "source": {}}, risk, day) for day in (date(2026, 9, 1), date(2029, 1, 1))
    )
    assert [line.duty for line in before.lines] == [line.duty for line in after.lines]
    oversight = next(line for line in before.lines if line.duty == "Human oversight")
    assert before.ahead(oversight)
    assert not after.ahead(oversight)
    assert "not yet in force" in before.finding.read()
    assert "not yet in force" not in after.finding.read()
    told = [row["status"].read() for row in compliance_tables.duties(before).rows]
    assert sum("does not apply yet" in status for status in told) == sum(map(before.ahead, before.lines)) > 0


def test_a_country_or_law_without_rows_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = scenario.load("smoke", {"target_market.country": "NOR"})
    review = compliance.review(chosen, {"target": {}, "source": {}}, compliance.classify(chosen))
    assert ("NOR", "") in review.missing
    monkeypatch.setattr(compliance, "_laws", lambda country: {"A law of tomorrow"})
    review = compliance.review(chosen, {"target": {}, "source": {}}, compliance.classify(chosen))
    assert ("USA", "A law of tomorrow") in review.missing
    assert "no checklist" in review.finding.read()


def test_evidence_says_where_it_falls_short(run: Run) -> None:
    found = evidence.gather(run, "target")
    assert found["personal_data"].short
    assert found["encryption"].short
    assert found["groups"].short
    assert found["logs"].short
    assert not found["access"].short
    assert "30.0 points" in found["groups"].said.read()
    assert "50%" in found["human_review"].said.read()


def test_what_no_stage_measured_is_left_out(workspace: Path) -> None:
    run = Run(scenario.load("smoke"), "07_check_trust")
    run.begin()
    assert not {"data_origin", "personal_data", "accuracy", "groups", "robustness"} & set(evidence.gather(run, "target"))
    assert "groups" not in evidence.gather(run, "source")


def test_old_rows_are_named(run: Run) -> None:
    import os

    done = run.folder / "01_prepare_data" / "done.json"
    os.utime(done, (done.stat().st_mtime - 200 * 86_400,) * 2)
    finding = evidence.gather(run, "target")["retention"]
    assert finding.short
    assert "200 days" in finding.said.read()


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ("MIT", "fine"),
        ("Apache License, Version 2.0", "fine"),
        ("GPL-3.0-only OR MIT", "fine"),
        ("MIT AND GPL-3.0-only", "ask"),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0", "ask"),
        ("Apache-2.0 WITH LLVM-exception AND MIT", "fine"),
        ("CC BY-NC 4.0 (texts); MIT (package)", "conflict"),
        ("MIT (package); the origin of the texts is not documented", "unknown"),
        ("CC0-1.0 (data, as stated); Apache-2.0 and MIT (package)", "fine"),
        ("the company's own", "unknown"),
        ("not stated", "unknown"),
    ],
)
def test_licences_are_judged_by_their_parts(stated: str, verdict: str) -> None:
    assert licences.judged(stated)[1] == verdict


KNOWN = st.sampled_from(["MIT", "GPL-3.0-only", "CC BY-NC 4.0", "a licence of nobody"])


@given(st.lists(KNOWN, min_size=1, max_size=4))
def test_parts_count_by_the_worst_and_alternatives_by_the_best(names: list[str]) -> None:
    ranks = [licences.VERDICTS.index(licences.judged(name)[1]) for name in names]
    assert licences.VERDICTS.index(licences.judged(" AND ".join(names))[1]) == max(ranks)
    assert licences.VERDICTS.index(licences.judged(" OR ".join(names))[1]) == min(ranks)


def test_what_the_project_runs_on_is_listed_and_nothing_is_assumed_fine(run: Run) -> None:
    held = licences.of_run(run).set_index("name")
    assert {"torch", "transformers", "numpy", "packaged:multilingual-e5-small"} <= set(held.index)
    assert "pytest" not in held.index
    assert set(held["verdict"]) <= set(licences.VERDICTS)
    assert (held.loc[held["licence"] == "", "verdict"] != "fine").all()


def test_the_pack_is_whole_and_its_card_is_read_by_its_library(run: Run) -> None:
    run.begin()
    held, person = licences.of_run(run), told([HOSTILE])
    made = pack.assemble(run, held, person, SHOWN)
    pack.write(run, made, held, person)
    folder = run.new(pack.FOLDER)
    assert {path.name for path in folder.iterdir()} >= {
        "README.md",
        "compliance.md",
        "compliance.json",
        "model_card.md",
        "licences.md",
    }
    card = ModelCard.load(folder / "model_card.md")
    assert card.data.eval_results[0].metric_value == 0.8
    assert card.data.language == ["zh", "en"]
    assert "to complete" in card.text
    html = "".join(MarkdownIt("gfm-like", {"linkify": False}).render(path.read_text()) for path in folder.glob("*.md"))
    assert "javascript:1" in html
    assert not re.search(r"<(script|a|img)\b", html)
    assert "to complete by the company" in (folder / "explanation.md").read_text()


@given(st.text(max_size=40))
def test_data_stays_one_cell_of_a_table(text: str) -> None:
    rows = table([{"a": text}], ["a"]).split("\n")
    assert len(rows) == 3
    assert "<" not in plain(text)
    assert rows[2].replace("\\|", "").count("|") == 2 or "\\\\" in rows[2]


def test_an_explanation_is_short_when_it_is_no_steadier_than_lots() -> None:
    steady = told(["bad"])
    assert not steady.finding.short
    assert replace(steady, chance=0.9).finding.short
    assert "nothing" in steady.letter.read()


def test_who_is_flagged_wrongly_is_heard_first() -> None:
    texts = ["a readable text", "another readable one", "a third readable one", "x"]
    event, is_event = np.array([0.9, 0.7, 0.2, 0.99]), np.array([True, False, False, False])
    assert explanation.affected(texts, event, is_event, line=0.5) == 1
    assert explanation.affected(texts, event, np.ones(4, dtype=bool), line=0.5) == 0
    assert explanation.affected(texts, event * 0, is_event, line=0.5) in range(4)


def test_an_answer_of_three_labels_has_turned_only_when_another_is_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = pd.DataFrame({"start": [0], "end": [5], "piece": ["words"], "score": [1.0]})
    unsure = Attribution("words here to mistype, and more of them", "fault", 0.4, pieces, 1.0)
    monkeypatch.setattr(explanation.attribution, "attribute", lambda *_: unsure)
    asked = SimpleNamespace(
        labels=["fault", "bill", "praise"], probabilities=lambda texts: np.tile([0.4, 0.3, 0.3], (len(texts), 1))
    )
    assert explanation.steadiness(asked, [unsure.text], 7, 0.95)[2].mid == 0
    asked.probabilities = lambda texts: np.tile([0.3, 0.4, 0.3], (len(texts), 1))
    assert explanation.steadiness(asked, [unsure.text], 7, 0.95)[2].mid == 1


def test_pieces_become_words_and_marks_are_left_out() -> None:
    text = "not refundable! 不好"
    ends = [(0, 3), (4, 10), (10, 14), (14, 15), (16, 17), (17, 18)]
    frame = pd.DataFrame(
        [(a, b, text[a:b], score) for (a, b), score in zip(ends, (0.5, 1.0, 0.5, 9.0, -1.0, 0.25), strict=True)]
    )
    parts = Attribution(text, "negative", 0.9, frame.set_axis(["start", "end", "piece", "score"], axis=1), 1.0)
    assert explanation.words(parts) == {"not": 0.5, "refundable": 1.5, "不": -1.0, "好": 0.25}
    assert explanation.top(explanation.words(parts)) == ["refundable", "not", "好"]
    assert explanation.kept(["a", "b"], ["b", "c"]) == 0.5
