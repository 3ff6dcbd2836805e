"""The finished runs of a scenario, one sealed line each; every line holds the seal of the line before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bigmodel_utils import paths
from bigmodel_utils.artifacts import Run, replacing
from bigmodel_utils.pipeline import manifest

NAME = "history.jsonl"


def path(scenario: str) -> Path:
    return paths.runs() / scenario / NAME


def entries(scenario: str) -> list[dict[str, Any]]:
    """Return the manifests of a scenario's finished runs, oldest first; a line that cannot be read does not count."""
    return [found for line in _lines(scenario) if (found := _parsed(line))]


def before(scenario: str, now: dict[str, Any]) -> dict[str, Any]:
    """Return the newest finished run with other results than `now`; {} when there is none."""
    others = [entry for entry in entries(scenario) if entry.get("chain") != now["chain"]]
    return others[-1] if others else {}


def record(run: Run, reports: Path, content: dict[str, Any], newest: bool) -> dict[str, Any]:
    """Seal the content of a run's manifest, write it beside results and reports, and return it.

    `newest`: it is also the newest line of its scenario's history; members of a sweep are not.
    """
    known = entries(run.scenario.name)
    linked = content | {"before": known[-1]["seal"] if known else None}
    sealed = linked | {"seal": manifest.seal(linked)}
    manifest.write(run, reports, sealed)
    if newest:
        _append(path(run.scenario.name), sealed)
    return sealed


def _append(known: Path, sealed: dict[str, Any]) -> None:
    earlier = known.read_bytes() if known.is_file() else b""
    joint = b"" if not earlier or earlier.endswith(b"\n") else b"\n"  # a line that was cut short stays a line
    with replacing(known, "wb") as file:
        file.write(earlier + joint + json.dumps(sealed, ensure_ascii=False, sort_keys=True).encode() + b"\n")


def broken(scenario: str) -> list[int]:
    """Return the numbers of the lines, from 1, that were altered or do not follow the line before them."""
    found, link = [], None
    for number, line in enumerate(_lines(scenario), start=1):
        record = _parsed(line) or {}
        if not record or record.get("before") != link or record.get("seal") != manifest.seal(record):
            found.append(number)
        link = record.get("seal", link)
    return found


def _lines(scenario: str) -> list[bytes]:
    known = path(scenario)
    return known.read_bytes().splitlines() if known.is_file() else []


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "seal" in found else None
