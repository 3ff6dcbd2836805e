"""The tables that every page needs: its assumptions, and figures with their origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from bigmodel_utils import paths
from bigmodel_utils.messages import Message
from bigmodel_utils.report import choice_names, names
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

MEASURED = Message("Measured in this run.")
ORIGIN_SIGNS = {"measured": "●", "estimated": "◐", "assumed": "○"}
ORIGIN_NAMES = {
    "measured": Message("measured in this run"),
    "estimated": Message("estimated, with interval"),
    "assumed": Message("assumed, with source"),
}


def assumptions(scenario: Scenario, wanted: Sequence[str]) -> Table:
    """Return the assumptions of a page: meaning, low, mid, high, unit, source and date.

    Raises ScenarioError with the nearest name for an assumption that the scenario lacks.
    """
    rows = []
    for name in wanted:
        given = scenario.assumption(name)
        spec = names.spec_for(given.unit, given.low, given.mid, given.high)
        low, mid, high = (Message("{value:" + spec + "}", value=value) for value in (given.low, given.mid, given.high))
        source = Message("{source}", source=given.source)  # a value: data, looked up in the catalogue, never markup
        rows.append(
            {
                "what": names.assumption(name),
                "low": low,
                "mid": mid,
                "high": high,
                "unit": names.unit(given.unit),
                "source": source,
                "as_of": given.as_of,
            }
        )
    columns = [
        Column("what", Message("assumption")),
        Column("low", Message("low"), "number"),
        Column("mid", Message("middle"), "number"),
        Column("high", Message("high"), "number"),
        Column("unit", Message("unit")),
        Column("source", Message("source")),
        Column("as_of", Message("as of"), "date"),
    ]
    finding = (
        Message("One assumption carries this page")
        if len(rows) == 1
        else Message("{count} assumptions carry this page", count=len(rows))
    )
    return Table(
        finding, columns, rows, Message("○ assumed: change them in the scenario, or with --set assumptions.NAME.mid=…")
    )


def figures(quantities: Mapping[str, Quantity], labels: Mapping[str, Message], finding: Message) -> Table:
    """Return named numbers with interval, unit and origin; `labels` chooses and orders them.

    Raises KeyError when a label names no quantity.
    """
    rows = []
    for name, label in labels.items():
        q = quantities[name]
        spec = names.spec_for(q.unit, q.mid)
        between = Message("{low:" + spec + "} – {high:" + spec + "}", low=q.low, high=q.high) if q.low is not None else None
        origin = Message(ORIGIN_SIGNS[q.origin] + " {origin}", origin=ORIGIN_NAMES[q.origin])
        value = Message("{value:" + spec + "}", value=q.mid)
        rows.append({"what": label, "value": value, "between": between, "unit": names.unit(q.unit), "origin": origin})
    columns = [
        Column("what", Message("figure")),
        Column("value", Message("value"), "number"),
        Column("between", Message("between"), "number"),
        Column("unit", Message("unit")),
        Column("origin", Message("origin")),
    ]
    return Table(finding, columns, rows, Message("Interval: 95% when measured, 80% otherwise."))


def settings(scenario: Scenario, *parts: str) -> Table:
    """Return the choices under `parts` of the scenario, one line per key that `--set` understands."""
    found = [leaf for part in parts for leaf in leaves(part, getattr(scenario, part))]
    units: dict[str, str] = {}  # assumptions have a table of their own
    rows = [
        {
            "what": choice_names.choice(key),
            "said": choice_names.value(key, paths.portable(value) if isinstance(value, str) else value, units),
            "key": key,
        }
        for key, value in found
    ]
    finding = Message("{count} choices of the scenario shape this page", count=len(rows))
    return Table(
        finding,
        [Column("what", Message("setting")), Column("said", Message("value")), Column("key", Message("key"), "code")],
        rows,
        Message("Change one with --set KEY=VALUE, or in the scenario's file."),
    )


def leaves(key: str, value: Any) -> list[tuple[str, Any]]:
    """Return (dotted key, value) of every plain value under `key`, leaving out what is not set."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return [leaf for name, item in value.items() for leaf in leaves(f"{key}.{name}", item)]
    return [(key, value)] if value is not None else []
