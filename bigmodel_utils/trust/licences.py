"""May what was used be used in business? Licences of libraries, weights and data as they state them, unknown ones as unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from bigmodel_utils import facts
from bigmodel_utils.artifacts import Run
from bigmodel_utils.data import packages
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DATA, TRUST
from bigmodel_utils.training import pretrained
from bigmodel_utils.trust.evidence import Finding

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["fine", "ask", "unknown", "conflict"]
VERDICTS: tuple[Verdict, ...] = ("fine", "ask", "unknown", "conflict")  # from best to worst
_COMMERCIAL: dict[str, Verdict] = {"yes": "fine", "ask": "ask", "no": "conflict"}
_LONGEST = 80  # characters of a licence that is a name and not a text
_PROJECT = "bigmodel"


def of_run(run: Run) -> pd.DataFrame:
    """Return kind (library | weights | data), name, version, stated, licence, verdict, duty for business use, worst first.

    Raises ArtifactError when notebook 01 has not run.
    """
    import pandas as pd

    rows = [*_data(run), _weights(run.scenario.model.weights), *_libraries()]
    order = {"data": 0, "weights": 1, "library": 2}
    rows.sort(key=lambda row: (-VERDICTS.index(row["verdict"]), order[row["kind"]], row["name"].lower()))
    return pd.DataFrame(rows)


def finding(held: pd.DataFrame) -> Finding:
    """Return how many licences stand in the way of business use, and how many nobody can tell."""
    counts = {verdict: int((held["verdict"] == verdict).sum()) for verdict in VERDICTS}
    said = Message(
        "Of {all:integer} licences of libraries, weights and data, {fine:integer} allow business use, {ask:integer} need a lawyer's "
        "answer, {unknown:integer} are unknown and {conflict:integer} forbid it",
        all=len(held),
        **counts,
    )
    return Finding(said, f"{TRUST}/licences.parquet", short=counts["fine"] < len(held))


def judged(stated: str) -> tuple[str, Verdict, str]:
    """Return the licences recognised in what a package or sheet states, the verdict for business use, and the duties.

    Of alternatives (OR) the best counts, of parts (AND, "and", ";") the worst; a part that is not recognised is unknown.
    """
    if _plain(stated) in _known():
        return _atom(stated)
    alternatives = [[_atom(part) for part in _parts(option)] for option in _options(stated)]
    worst = [max(option, key=lambda atom: VERDICTS.index(atom[1])) for option in alternatives]
    best = min(range(len(worst)), key=lambda place: VERDICTS.index(worst[place][1]))
    chosen = alternatives[best]
    names = " AND ".join(dict.fromkeys(name for name, _, _ in chosen if name))
    return names, worst[best][1], "; ".join(dict.fromkeys(duty for _, _, duty in chosen if duty))


def _options(stated: str) -> list[str]:
    """Return the alternatives of a statement; remarks in brackets go, and nested expressions count as one whole."""
    text = re.sub(r"\(([^()]*)\)", lambda match: match[0] if re.search(r"\b(AND|OR)\b", match[1]) else "", stated)
    if "(" in text:
        return [re.sub(r"[()]", " ", text).replace(" OR ", " AND ")]
    return re.split(r"\bOR\b", text)


def _parts(option: str) -> list[str]:
    parts = re.split(r"\bAND\b|\band\b|;", re.sub(r"\bWITH\s+\S+", "", option))
    return [part.strip() for part in parts if part.strip()] or [option]


def _atom(text: str) -> tuple[str, Verdict, str]:
    row = _known().get(_plain(text))
    return (row["licence"], _COMMERCIAL[row["commercial"]], row["duty"]) if row else ("", "unknown", "")


@cache
def _known() -> dict[str, Mapping[str, str]]:
    """Return the licences on file by every name they go by."""
    rows = facts.load("licences").fillna("").to_dict("records")
    return {_plain(name): row for row in rows for name in (row["licence"], *row["aliases"].split(";")) if name}


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _row(kind: str, name: str, version: str, stated: str, forbidden: str = "") -> dict[str, Any]:
    licence, verdict, duty = judged(stated) if stated.strip() else ("", "unknown", "")
    if forbidden:
        verdict, duty = "conflict", forbidden
    found = {"kind": kind, "name": name, "version": version, "stated": stated[: 2 * _LONGEST]}
    return found | {"licence": licence, "verdict": verdict, "duty": duty}


def _data(run: Run) -> Iterator[dict[str, Any]]:
    for market in ("source", "target"):
        sheet = run.json(DATA, f"{market}_sheet")
        kind, _, name = sheet["origin"].partition(":")
        forbidden = ""
        if kind == "packaged":
            try:
                packages.dataset(name)
            except packages.PackageError as error:  # not to be had without consent to its terms
                forbidden = error.given
        yield _row("data", sheet["origin"], str(sheet.get("version", "")), str(sheet.get("licence", "")), forbidden)


def _weights(weights: str) -> dict[str, Any]:
    known = pretrained.stated(weights)
    return _row("weights", weights, str(known.get("as_of", "")), str(known.get("licence", "")))


def _libraries() -> Iterator[dict[str, Any]]:
    """Yield every installed library that this project needs to run, directly or through another."""
    waiting, seen = [_PROJECT], set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # for another system, or not needed here
            continue
        waiting += [
            match[0] for line in found.requires or [] if "extra ==" not in line and (match := re.match(r"[\w.-]+", line))
        ]
        yield _row("library", found.name, found.version, _stated(found.metadata))


def _stated(about: Any) -> str:
    """Return the licence of a distribution: its expression, else its short name, else its classifiers, else as it is written."""
    expression, free = about.get("License-Expression") or "", (about.get("License") or "").strip()
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    named = free if len(free) <= _LONGEST and judged(free)[1] != "unknown" else ""
    return expression or named or " AND ".join(classified) or (free.splitlines() or [""])[0]
