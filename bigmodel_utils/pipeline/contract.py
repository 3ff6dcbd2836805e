"""What papermill may tell a notebook: only what its `parameters` cell declares, and only what the scenario model allows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bigmodel_utils import scenario
from bigmodel_utils.errors import BigModelError, nearest

if TYPE_CHECKING:
    import nbformat

PARAMETERS = ("scenario", "overrides")


class ParameterError(BigModelError):
    """A parameter that a notebook does not take, or lacks."""


def declared(notebook: nbformat.NotebookNode, name: str) -> list[str]:
    """Return the parameters that the notebook `name` declares; raises ParameterError when one of ours is missing."""
    import papermill

    known = list(papermill.inspect_notebook(notebook))
    for wanted in PARAMETERS:
        if wanted not in known:
            raise ParameterError(
                f"{name} has no parameter '{wanted}'",
                nearest(wanted, known),
                f"its cell tagged 'parameters' in notebooks/{name}",
            )
    return known


def accept(notebook: nbformat.NotebookNode) -> None:
    """Refuse, before a kernel starts, what papermill was given and would only warn of.

    Raises ParameterError for an unknown name, and ScenarioError for a value that the scenario does not allow.
    """
    import papermill

    given: dict[str, Any] = notebook.metadata.get("papermill", {}).get("parameters", {})
    known = papermill.inspect_notebook(notebook) if given else {}
    _refuse_unknown(given, known)
    if given and set(PARAMETERS) <= set(known) and "scenario" in given:
        scenario.load(given["scenario"], given.get("overrides"))


def _refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise ParameterError(
                f"parameter '{name}'", nearest(name, known), "papermill -p, or the notebook's cell tagged 'parameters'"
            )
