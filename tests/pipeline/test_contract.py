"""Parameters through papermill: a misspelt name or an impossible value stops before a kernel starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.engines import papermill_engines

from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline.engine import NAME, Engine

papermill_engines.register(NAME, Engine)
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_size_market.ipynb"


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"scenaro": "smoke"}, "did you mean 'scenario'"),
        ({"scenario": "smok"}, "did you mean 'smoke'"),
        ({"scenario": "smoke", "overrides": {"sed": 3}}, "did you mean 'seed'"),
        ({"scenario": "smoke", "overrides": {"decision.go_at": "high"}}, "decision.go_at"),
    ],
)
def test_a_wrong_parameter_is_refused_before_a_kernel_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any], hint: str
) -> None:
    monkeypatch.setattr(Engine, "execute_managed_notebook", lambda *_, **__: pytest.fail("a kernel was started"))
    with pytest.raises(BigModelError, match=hint):
        papermill.execute_notebook(NOTEBOOK, tmp_path / "out.ipynb", parameters, engine_name=NAME, progress_bar=False)


def test_a_notebook_of_somebody_else_takes_its_own_parameters(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell("n: int = 1", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell("n * 2")]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source = tmp_path / "their own 笔记本.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), source)
    done = papermill.execute_notebook(source, tmp_path / "out 出.ipynb", {"n": 21}, engine_name=NAME, progress_bar=False)
    assert done.cells[-1].outputs[0].data["text/plain"] == "42"
    with pytest.raises(BigModelError, match="one of: n"):
        papermill.execute_notebook(source, tmp_path / "out.ipynb", {"m": 1}, engine_name=NAME, progress_bar=False)
