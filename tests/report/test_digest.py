"""The page of what changed tells figures and choices by their names, and data as text."""

from __future__ import annotations

from bigmodel_utils.report import digest
from bigmodel_utils.report.digest import Difference

BEFORE = {"run": "aaa", "written": "2026-11-01T00:00:00", "outcome": {"verdict": "wait", "probability": 0.4}}
AFTER = {"run": "bbb", "written": "2026-11-02T00:00:00", "outcome": {"verdict": "go", "probability": 0.8}}


def test_figures_and_choices_are_named_and_data_is_text() -> None:
    found = [
        Difference("figure", "03_evaluate_model/accuracy_target_b", 0.8, 0.9, "share", beyond=True),
        Difference("scenario", "assumptions.label_usd.mid", 0.06, 0.07),
        Difference("scenario", "title", "old", "<script>new</script>"),
        Difference("version", "commit.id", "942e7316e0a9d31bc42d", "d012ecdfc869f842f76a"),
    ]
    page = digest.page(BEFORE, AFTER, found).main
    assert "From wait to go: the chance of gain went from 40% to 80%" in page
    assert "share read right: target market: adapted model" in page
    assert "80%" in page
    assert "90%" in page
    assert "cost of a label" in page
    assert "&lt;script&gt;new" in page
    assert "<script" not in page
    assert "No code differs" in page
    assert "d012ecdfc869<" in page


def test_nothing_that_differs_is_told_as_such() -> None:
    page = digest.page(BEFORE, AFTER | {"outcome": BEFORE["outcome"]}, []).main
    assert "Still wait" in page
    assert "No figure moved." in page
