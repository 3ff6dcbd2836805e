"""What a notebook calls: `start` at the top, `check` and `verdict` near the end, `save` last."""

from __future__ import annotations

import functools
import os
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bigmodel_utils import facts, kept, messages, trace
from bigmodel_utils import scenario as scenarios
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.kept import Result
from bigmodel_utils.messages import Message
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
}


class CheckFailed(BigModelError):
    """An independent check came out of tolerance; the page must not be believed."""


class Page:
    """One notebook at work: its scenario, the results it reads and writes, and what it concluded."""

    def __init__(self, stage: str, scenario: scenarios.Scenario) -> None:
        self.scenario = scenario
        self.run = Run(scenario, stage)
        self._notes: dict[str, Any] = {"checks": []}

    def kept(self, name: str, compute: Callable[..., Result], *arguments: Any) -> Result:
        """Return compute(*arguments); after a kill the same page takes the result over instead (see `kept`)."""
        return kept.kept(self.run, self._circumstances, name, compute, *arguments)

    @functools.cached_property
    def _circumstances(self) -> str:
        """What this page may depend on, as it was at the first result that is kept: later edits do not reach loaded code."""
        return kept.circumstances(self.run)

    def check(self, claim: str, ours: float, other: float, tolerance: float) -> Message:
        """Compare a figure with an independent one; returns the sentence, raises CheckFailed beyond the tolerance.

        `tolerance` is relative: 0.05 accepts a ratio between 0.95 and 1.05.
        """
        ratio = ours / other if other else float("inf") if ours else 1.0
        result = Message(
            "{claim}: ratio {ratio:number3}, allowed 1 ± {tolerance:number3}."
            if tolerance
            else "{claim}: ratio {ratio:number3}, as it must be.",
            claim=Message(claim),
            ratio=ratio,
            tolerance=tolerance,
        )
        self._notes["checks"].append(result.to_json())
        if not abs(ratio - 1) <= tolerance:
            raise CheckFailed(
                f"{claim}: {ours:g} against {other:g}", f"a ratio within 1 ± {tolerance:g}", f"notebooks/{self.run.stage}.ipynb"
            )
        return result

    def verdict(self, text: str | Message, /, **values: Any) -> Message:
        """Record and return the answer of this page; the report shows it under the title."""
        answer = text if isinstance(text, Message) else Message(text, **values)
        self._notes["verdict"] = answer.to_json()
        return answer

    def save(self, figures: Mapping[str, Quantity], **results: pd.DataFrame | dict[str, Any] | list[Any]) -> Message:
        """Store headline figures, tables and JSON results, and swap the stage in as finished."""
        import pandas as pd

        self.run.write_figures(figures)
        for name, result in results.items():
            (self.run.write_table if isinstance(result, pd.DataFrame) else self.run.write_json)(name, result)
        self.run.write_json("notes", self._notes)
        self.run.finish()
        kept.forget(self.run)
        return Message("Saved {count} figures and {tables} results.", count=len(figures), tables=len(results))


def start(stage: str, scenario: str, overrides: Mapping[str, Any] | None = None) -> Page:
    """Return the page of `stage` (the notebook's file name without ending), seeded and ready to write."""
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    facts.forget()
    page = Page(stage, scenarios.load(scenario, overrides))
    trace.start()
    task = page.scenario.task
    messages.speak_of(task.item, task.customer, task.case)
    random.seed(page.scenario.seed)
    page.run.begin()
    return page
