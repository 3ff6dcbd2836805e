"""Runs at the same time: the same result is made once, other results are made side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bigmodel_utils import notebook, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.pipeline import claims
from bigmodel_utils.units import Quantity

STAGE = "01_prepare_data"
ROWS = Quantity(mid=3, unit="rows", origin="measured", source="test", n=3)


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def run(seed: int, draws: int = 2000) -> Run:
    return Run(scenario.load("smoke", {"seed": seed, "decision.draws": draws}))


def finish() -> None:
    """Let the stage finish, which has looked at the seed and nothing else."""
    page = notebook.start(STAGE, "smoke", {"seed": 1})
    assert page.scenario.seed
    page.save({"rows": ROWS})


def makes(other: Run) -> str:
    with claims.held(other, STAGE):
        return other.id


def test_the_same_result_is_waited_for_and_another_is_not(workspace: Path, crowd: ThreadPoolExecutor) -> None:
    finish()
    same, other = run(seed=5, draws=900), run(seed=6)
    with claims.held(run(seed=5), STAGE):
        waiting = crowd.submit(makes, same)
        assert crowd.submit(makes, other).result(timeout=20) == other.id
        assert not waiting.done()
    assert waiting.result(timeout=20) == same.id


def test_what_nobody_has_made_yet_is_made_once_alone(workspace: Path, crowd: ThreadPoolExecutor) -> None:
    with ExitStack() as first:
        first.enter_context(claims.held(run(seed=5), STAGE))
        waiting: list[Future[str]] = [crowd.submit(makes, run(seed=seed)) for seed in (6, 7)]
        with pytest.raises(TimeoutError):
            waiting[0].result(timeout=0.3)
        finish()
    assert {one.result(timeout=20) for one in waiting} == {run(seed=6).id, run(seed=7).id}
