"""Tables of law and licence: duty by duty, what may not be taken for granted, and how steady explanations are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report.charts.compliance import STATUSES
from bigmodel_utils.report.heat_map import HeatMap
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import figures

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.trust.compliance import Line, Review
    from bigmodel_utils.trust.explanation import Told

VERDICTS = {
    "fine": Message("allows business use"),
    "ask": Message("ask a lawyer first"),
    "unknown": Message("not known"),
    "conflict": Message("forbids business use"),
}
KINDS = {"data": Message("data"), "weights": Message("weights"), "library": Message("libraries")}


def duties(review: Review) -> Table:
    """Return every duty with what the run shows to it; what only a person can say is marked to complete."""
    rows = [_duty(line, ahead=review.ahead(line)) for line in review.lines] + [
        _missing(country, law) for country, law in review.missing
    ]
    columns = [
        Column("law", Message("law")),
        Column("duty", Message("duty")),
        Column("status", Message("status")),
        Column("shown", Message("what the run shows, or what is asked")),
        Column("where", Message("look it up")),
        Column("as_of", Message("applies from"), "date"),
    ]
    source = Message(
        "Status follows from the run's own files. Rows of data/facts/compliance_duties.csv: {unseen} of {all} not or only partly "
        "looked up in the law's text or a copy of it.",
        unseen=sum(line.verified != "yes" for line in review.lines),
        all=len(review.lines),
    )
    return Table(review.finding, columns, rows, source)


def _duty(line: Line, *, ahead: bool) -> dict[str, Any]:
    asked = Message("to complete: {asks}", asks=line.asks)
    both = Message("{said}. A person adds: {asks}", said=line.finding.said, asks=line.asks) if line.finding else asked
    article = (
        Message("{duty} ({article})", duty=line.duty, article=line.article)
        if line.article
        else Message("{duty}", duty=line.duty)
    )
    status = STATUSES[line.status][0]
    return {
        "law": Message("{country:country}, {regime}", country=line.country, regime=line.regime),
        "duty": article,
        "status": Message("{status}; does not apply yet", status=status) if ahead else status,
        "shown": line.finding.said if line.finding and line.status == "answered" else both,
        "where": line.finding.where if line.finding else None,
        "as_of": line.as_of,
    }


def _missing(country: str, law: str) -> dict[str, Any]:
    return {
        "law": Message("{country:country}, {regime}", country=country, regime=law or Message("no law on file")),
        "status": STATUSES["open"][0],
        "shown": Message("no checklist on file: unknown, which is not the same as none; ask counsel"),
    }


def licences(held: pd.DataFrame) -> Table:
    """Return data and weights one by one, libraries by licence; whatever is not plainly allowed stands by its own name.

    held: kind, name, version, stated, licence, verdict, duty.
    """
    alone = held[(held["kind"] != "library") | (held["verdict"] != "fine")]
    rows = [
        _licence(row, Message("{name} {version}", **{key: row[key] for key in ("name", "version")}))
        for row in alone.to_dict("records")
    ]
    rest = held.drop(alone.index)
    for licence, own in sorted(rest.groupby("licence"), key=lambda pair: -len(pair[1])):
        row = {**own.iloc[0].to_dict(), "stated": licence}
        many = Message("{count:integer} libraries, as {name}", count=len(own), name=row["name"])
        rows.append(_licence(row, many if len(own) > 1 else Message("{name}", name=row["name"])))
    doubtful = int((held["verdict"] != "fine").sum())
    finding = (
        Message("{doubtful} of {all} licences cannot be taken to allow business use", doubtful=doubtful, all=len(held))
        if doubtful
        else Message("All {all} licences allow business use, as they state it", all=len(held))
    )
    columns = [
        Column("kind", Message("what")),
        Column("name", Message("name")),
        Column("stated", Message("as stated")),
        Column("verdict", Message("business use")),
        Column("duty", Message("in return")),
    ]
    return Table(
        finding,
        columns,
        rows,
        Message("As packages and data sheets state it; a name that is not known is never taken for harmless."),
    )


def _licence(row: dict[str, Any], name: Message) -> dict[str, Any]:
    duties = [Message("{duty}", duty=duty) for duty in row["duty"].split("; ") if duty]
    return {
        "kind": KINDS[row["kind"]],
        "name": name,
        "stated": row["stated"] or None,
        "verdict": VERDICTS[row["verdict"]],
        "duty": duties,
    }


def case(told: Told) -> HeatMap:
    """Return the one text that is explained to the person affected, each piece shaded by its pull."""
    finding = (
        Message("The answer “{label}” rests most on “{word}”", label=told.example.parts.label, word=told.speaking[0])
        if told.speaking
        else Message("No single word speaks for the answer “{label}”", label=told.example.parts.label)
    )
    return HeatMap(finding, [told.example])


def steadiness(told: Told) -> Table:
    """Return how far an explanation holds when the text is mistyped."""
    labels = {
        "explanation_overlap": Message("top words that stay when letters are mistyped"),
        "explanation_turned": Message("mistyped texts with another answer"),
    }
    return figures(told.figures, labels, told.finding.said)
