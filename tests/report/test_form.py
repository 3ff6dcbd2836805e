"""The form of a scenario: a fitting field for every choice, an answer to every change, and nothing recorded as a cause."""

from __future__ import annotations

import shlex

import ipywidgets
import pytest

from bigmodel_utils import notebook, scenario, trace
from bigmodel_utils.pipeline.arguments import parsed
from bigmodel_utils.report.form import Form, form


@pytest.fixture
def empty() -> Form:
    return Form("smoke")


def test_every_choice_has_a_field_of_its_kind(empty: Form) -> None:
    loaded = scenario.load("smoke")
    plain = {key.partition(":")[2] for key in scenario.causes(loaded) if key.startswith("scenario:")} - {"name"}
    assert plain <= empty.fields.keys()
    assert {f"assumptions.{name}.mid" for name in loaded.assumptions} <= empty.fields.keys()
    assert isinstance(empty.fields["illustrative"], ipywidgets.Checkbox)
    assert isinstance(empty.fields["decision.go_at"], ipywidgets.BoundedFloatText)
    assert empty.fields["decision.go_at"].max == 1
    assert empty.fields["training.sharding"].options == ("none", "parameters")
    assert empty.overrides == {}


def test_changes_become_the_command_that_makes_them(empty: Form) -> None:
    empty.fields["decision.go_at"].value = 0.75
    empty.fields["target_market.data.label_map"].value = "{negative: positive}"
    empty.fields["title"].value = "It's ours"
    wanted = {"decision.go_at": 0.75, "target_market.data.label_map": {"negative": "positive"}, "title": "It's ours"}
    assert empty.overrides == wanted
    assert scenario.load("smoke", wanted).hash in empty.answer.value
    command = empty.answer.value.split("\n")[1].replace("&#x27;", "'").replace("&quot;", '"')
    assert parsed([word for word in shlex.split(command)[3:] if word != "--set"]) == wanted


def test_a_refused_value_is_explained_at_once(empty: Form) -> None:
    empty.fields["decision.go_at"].value = 0.1
    assert "stop_at 0.3 lies above go_at 0.1" in empty.answer.value
    empty.fields["title"].value = "{open"
    assert "a value in YAML" in empty.answer.value
    empty.fields["title"].value = "<script>alert(1)</script> [x"
    assert "<script>" not in empty.answer.value


def test_what_the_page_was_given_stays(workspace: object) -> None:
    page = notebook.start("05_size_market", "smoke", {"seed": 5})
    before = trace.seen()
    filled = Form("smoke", {"seed": 5})
    assert filled.fields["seed"].value == 5
    assert page.scenario.hash in filled.answer.value
    assert trace.seen() == before
    assert len(form("smoke", {"seed": 5}).children) == 2
