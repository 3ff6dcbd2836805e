"""What applications are given: their own part of a scenario, tables in three forms, and refusals that help."""

from pathlib import Path

import pandas as pd
import pytest

from bigmodel_utils import application_choices as parts
from bigmodel_utils import scenario as scenarios
from bigmodel_utils.applications import inputs

KINDS = {
    "support_assistant": parts.SupportAssistant,
    "sentiment_monitor": parts.SentimentMonitor,
    "recommendation": parts.Recommendation,
    "medical_entities": parts.MedicalEntities,
    "content_generation": parts.ContentGeneration,
    "beyond_text": parts.BeyondText,
}


@pytest.mark.parametrize("name", KINDS)
def test_an_application_reads_its_own_choices_only(name: str) -> None:
    own = scenarios.load(name)
    assert inputs.chosen(own, KINDS[name]) is own.application
    other = parts.BeyondText if name == "support_assistant" else parts.SupportAssistant
    with pytest.raises(inputs.InputError, match=f"(?s)application '{name}'.*kind: "):
        inputs.chosen(own, other)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_one_table_in_three_forms(workspace: Path, form: str) -> None:
    frame = pd.DataFrame({"text": ["good", "bad"], "stars": [5, 1]})
    if form == "jsonl":
        frame.to_json(workspace / "own.jsonl", orient="records", lines=True)
    else:
        getattr(frame, f"to_{form}")(workspace / f"own.{form}", index=False)
    pd.testing.assert_frame_equal(inputs.frame(f"file:own.{form}"), frame)


@pytest.mark.parametrize(
    ("name", "said"), [("none.csv", "a file in the workspace"), ("own.txt", ".csv"), ("own.parquet", "own.parquet")]
)
def test_what_cannot_be_read_is_named_without_its_folder(workspace: Path, name: str, said: str) -> None:
    for own in ("own.txt", "own.parquet"):
        (workspace / own).write_text("not a table")
    with pytest.raises(inputs.InputError) as refused:
        inputs.frame(f"file:{name}")
    assert said in str(refused.value)
    assert str(workspace) not in str(refused.value)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "content_generation"])
def test_every_set_that_an_application_reads_has_a_sheet(name: str) -> None:
    own = scenarios.load(name, {"accept_licence": True})
    named = [field for field, value in own.application if str(value).startswith("packaged:")]
    shown = inputs.sheets(own)
    assert len(shown) == len(named) + (name == "beyond_text")  # one more inside its table
    assert all(sheet["licence"] for sheet in shown)


def test_a_packaged_set_tells_its_licence_and_a_file_its_name() -> None:
    known, own = (inputs.sheet(origin, False) for origin in ("packaged:optical_digits", "file:our_digits.csv"))
    assert known["licence"].startswith("CC BY 4.0")
    assert own == {"origin": "our digits.csv", "about": None, "licence": None, "gaps": None}
