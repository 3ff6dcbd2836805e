"""What differs between two finished runs, as their manifests record it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.pipeline import history, manifest
from bigmodel_utils.report.digest import Difference

_VERSIONS = ("version", "python", "libraries", "machine", "commit")
_SHARED = ("fact", "range", "file", "pin")


class RunNotFound(BigModelError):
    """A run that no manifest tells of."""


def of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return every difference: figures first, then scenario values, inputs, code and versions; durations do not count."""
    found = list(_figures(before, after))
    found += _of_leaves("scenario", before.get("scenario", {}), after.get("scenario", {}))
    inputs = [
        {name: value for name, value in run.get("inputs", {}).items() if name.partition(":")[0] in _SHARED}
        for run in (before, after)
    ]
    found += _of_leaves("input", *inputs)
    found += _of_leaves("code", before.get("code", {}), after.get("code", {}))
    for part in _VERSIONS:
        found += _of_leaves("version", {part: before.get(part)}, {part: after.get(part)})
    return found


def find(name: str) -> dict[str, Any]:
    """Return the manifest of a run: `SCENARIO` is its newest, `SCENARIO~2` two before that, else the start of a run's id.

    Raises RunNotFound with the nearest name.
    """
    scenario, back, steps = name.partition("~")
    if known := history.entries(scenario):
        place = int(steps or 0) if steps.isdecimal() or not back else len(known)
        if place < len(known):
            return known[-1 - place]
        oldest = f" to {scenario}~{len(known) - 1}" if len(known) > 1 else ""
        raise RunNotFound(f"run '{name}'", f"{scenario}{oldest}", "bigmodel list")
    runs = {path.parent.name: path.parent for path in paths.runs().glob(f"*/*/{manifest.NAME}")}
    matches = [folder for run, folder in runs.items() if run.startswith(name.rpartition("/")[2])] if name else []
    if len(matches) == 1 and (found := manifest.read(matches[0])):
        return found
    scenarios = {folder.parent.name for folder in runs.values()}
    raise RunNotFound(f"run '{name}'", nearest(name, {*runs, *scenarios}), "bigmodel list")


def lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Return what differs as text for a terminal."""
    differences = of(before, after)
    for group in ("figure", "scenario", "input", "code", "version"):
        for found in (each for each in differences if each.group == group):
            mark = " *" if found.beyond else ""
            unit = f" {found.unit}" if found.unit else ""
            yield f"{group:<9}{found.name}: {_shown(found.before)} → {_shown(found.after)}{unit}{mark}"
    if not differences:
        yield "nothing differs"
    elif any(found.beyond for found in differences):
        yield "* by more than the intervals of both runs"


def _figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    then, now = _named(before), _named(after)
    for name in [*now, *(name for name in then if name not in now)]:
        old, new = then.get(name), now.get(name)
        if old is None or new is None or old["mid"] != new["mid"]:
            mids = [figure and figure["mid"] for figure in (old, new)]
            yield Difference("figure", name, *mids, unit=(new or old)["unit"], beyond=_apart(old, new))


def _named(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    stages = run.get("stages", {})
    return {f"{stage}/{name}": figure for stage, told in stages.items() for name, figure in told.get("figures", {}).items()}


def _apart(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool | None:
    """Whether the intervals of two figures lie apart; None where one has no interval."""
    if not (old and new and "low" in old and "low" in new):
        return None
    return old["high"] < new["low"] or new["high"] < old["low"]


def _of_leaves(group: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    then, now = dict(_leaves(before)), dict(_leaves(after))
    names = [*now, *(name for name in then if name not in now)]
    return [Difference(group, name, then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)]


def _leaves(part: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
