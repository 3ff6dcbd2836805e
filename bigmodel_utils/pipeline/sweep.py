"""Many runs from one file: a grid, a list or a random choice of overrides, and one page that compares them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bigmodel_utils import messages, paths, scenario, trace
from bigmodel_utils.artifacts import Run
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.messages import Message
from bigmodel_utils.pipeline import gpu_room, pool, runner

MANY = 50
Failure = str | BaseException | None


class SweepError(BigModelError):
    """A sweep that cannot be run as written."""


class Random(BaseModel):
    """Draw `count` of the grid's combinations."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: Annotated[int, Field(ge=1)]
    seed: int = 0


class Sweep(BaseModel):
    """Scenarios times overrides: every combination of `grid` (or `random` ones of them), and each entry of `members`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    scenarios: Annotated[list[str], Field(min_length=1)]
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    random: Random | None = None
    members: list[dict[str, Any]] = []

    @property
    def combinations(self) -> int:
        """How many the grid has; of none there is one, that changes nothing."""
        return math.prod(map(len, self.grid.values()))

    @property
    def size(self) -> int:
        """How many runs it asks for."""
        drawn = min(self.combinations, self.random.count) if self.random else self.combinations
        return len(self.scenarios) * ((drawn if self.grid or not self.members else 0) + len(self.members))


@dataclass(frozen=True)
class Member:
    """One run of a sweep; `label` names its folder of reports. The first member is the baseline."""

    label: str
    scenario: str
    overrides: dict[str, Any]


def load(path: Path) -> Sweep:
    """Return the sweep in a YAML file; raises SweepError with the nearest key."""
    try:
        sweep = Sweep.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError:
        raise SweepError(f"sweep '{path.name}'", "a YAML file that can be read", "bigmodel sweep FILE") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SweepError(" ".join(str(error).split()), "YAML text in UTF-8", path.name) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        unknown = first["type"] == "extra_forbidden"
        given = f"unknown key '{where}'" if unknown else f"{where} = {first['input']!r:.60}"
        raise SweepError(given, nearest(where, Sweep.model_fields) if unknown else first["msg"], path.name) from None
    if sweep.random and not sweep.grid:
        raise SweepError("`random` without `grid`", "a grid to draw from", path.name)
    return sweep


def members(sweep: Sweep) -> list[Member]:
    """Return the members in order, each override checked against its scenario; raises ScenarioError on the first wrong one."""
    digits = max(2, len(str(sweep.size)))
    found = []
    for number, (name, overrides) in enumerate(itertools.product(sweep.scenarios, _overrides(sweep)), start=1):
        scenario.load(name, overrides)
        found.append(Member(f"m{number:0{digits}d}", name, overrides))
    return found


def _overrides(sweep: Sweep) -> list[dict[str, Any]]:
    every = _combinations(sweep.grid) if sweep.grid or not sweep.members else iter(())
    if sweep.random:
        places, count = range(sweep.combinations), min(sweep.random.count, sweep.combinations)
        chosen = sorted(random.Random(sweep.random.seed).sample(places, count))  # noqa: S311
        every = (_nth(sweep.grid, place) for place in chosen)
    return [*every, *sweep.members]


def _combinations(grid: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _nth(grid: dict[str, list[Any]], place: int) -> dict[str, Any]:
    """Return one combination without writing the others down: a grid of millions costs nothing to draw from."""
    chosen = {}
    for key, values in reversed(grid.items()):
        place, index = divmod(place, len(values))
        chosen[key] = values[index]
    return dict(reversed(chosen.items()))


def run(path: Path, jobs: int = 1, device: str = "auto", sure: bool = False, cluster: str | None = None) -> tuple[Path, int]:
    """Run every member; return the folder whose index.html compares them, and how many failed.

    `jobs` run at a time on this machine, or all at once on the workers of the Dask scheduler at `cluster`. What members
    have in common is made once. A member that fails is shown, and the others go on. Raises SweepError for a sweep of more
    than MANY members unless `sure`, ClusterError for a cluster that cannot be used.
    """
    sweep = load(path)
    runner.known_device(device)
    if path.stem in scenario.names():  # its page would lie where that scenario's report does
        raise SweepError(f"a sweep called '{path.stem}', as a scenario is", "a name of its own", path.name)
    if sweep.size > MANY and not sure:
        raise SweepError(f"a sweep of {sweep.size:,} runs", f"up to {MANY}, or --yes", path.name)
    if jobs < 1:
        raise SweepError(f"--jobs {jobs}", "one or more", "bigmodel sweep --jobs")
    chosen, folder = members(sweep), paths.reports() / path.stem
    failures = _on_cluster(cluster, chosen, folder, device) if cluster else _on_this_machine(jobs, chosen, folder, device)
    from bigmodel_utils.report import comparison

    keys = dict.fromkeys(key for member in chosen for key in member.overrides)
    lines = [_line(member, failure, keys) for member, failure in zip(chosen, failures, strict=True)]
    return comparison.render(path.stem, lines, folder), sum("failure" in line for line in lines)


def _on_cluster(address: str, chosen: list[Member], folder: Path, device: str) -> list[Failure]:
    from bigmodel_utils.pipeline import cluster

    with cluster.connected(address) as client:
        return cluster.spread(client, _one, chosen, folder, device)


def _on_this_machine(jobs: int, chosen: list[Member], folder: Path, device: str) -> list[Failure]:
    """Run members in processes, as many at a time as cores and GPU memory allow.

    On a GPU the first one runs alone, which shows the memory that a run takes.
    """
    if device == "cpu" or trace.device_class() == "cpu":
        return pool.spread(jobs, _one, chosen, folder, device)
    with gpu_room.watched() as seen:
        first = _one(chosen[0], folder, device)
    return [first, *pool.spread(seen.runs(jobs), _one, chosen[1:], folder, device)]


def _one(member: Member, folder: Path, device: str) -> str | None:
    """Run one member into its own folder of reports; return the message that stopped it, if any."""
    try:
        runner.run_chain(member.scenario, member.overrides, device, into=folder / member.label)
    except Exception as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return None


def _line(member: Member, failure: Failure, keys: Iterable[str]) -> dict[str, Any]:
    """Return what the comparison shows of a member; `keys` are the choices that any member sets."""
    chosen = scenario.load(member.scenario, member.overrides)
    content = chosen.model_dump(mode="json")
    messages.speak_of(chosen.task.item, chosen.task.customer, chosen.task.case)
    line = {
        "label": member.label,
        "title": chosen.title,
        "scenario": member.scenario,
        "overrides": member.overrides,
        "values": {"scenario": chosen.title} | {key: _at(content, key) for key in keys},
        "units": {name: given.unit for name, given in chosen.assumptions.items()},
    }
    if failure:
        return line | {"failure": str(failure) or type(failure).__name__}
    run = Run(chosen)
    if scenario.DECISION not in run.stages:
        return line | {"answer": _answer(run)}
    decision, figures = (
        run.json(scenario.DECISION, "decision"),
        run.figures(scenario.VALUE) | run.figures(scenario.EVALUATION),
    )
    return line | {
        "verdict": decision["verdict"],
        "probability": decision["probability"],
        "npv": figures["npv"],
        "accuracy": figures["accuracy_target_b"],
    }


def _at(content: Any, key: str) -> Any:
    """Return the value at a dotted key; None where the scenario of this member has no such part."""
    for step in key.split("."):
        content = content.get(step) if isinstance(content, dict) else None
    return content


def _answer(run: Run) -> Message:
    """Return what the last notebook of a scenario without a decision concluded."""
    found = run.json(run.stages[-1], "notes").get("verdict")
    return Message.from_json(found) if found else Message("finished, see its page")
