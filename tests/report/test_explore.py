"""The widgets of the value and evaluation pages answer when somebody moves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigmodel_utils import scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import judgement
from bigmodel_utils.report import explore
from bigmodel_utils.value import appraisal


@pytest.fixture
def run(smoke_run: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BIGMODEL_HOME", str(smoke_run))
    return Run(scenario.load("smoke"))


def test_moving_an_input_moves_the_cash(run: Run) -> None:
    *sliders, picture = explore.cash(appraisal.appraise(run)).children
    assert len(sliders) == explore.SLIDERS
    before = picture.value
    sliders[0].value = sliders[0].max
    assert picture.value != before
    assert "<svg" in picture.value


def test_a_typed_text_is_answered_and_never_becomes_markup(run: Run) -> None:
    box, answer = explore.sentence(judgement.readers(run), "很好").children
    assert answer.value.count("<p>") == 2
    box.value = "<img src=x onerror=alert(1)>"
    assert "<img" not in answer.value
    box.value = "  "
    assert "type a text" in answer.value
