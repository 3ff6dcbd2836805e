"""Tables of the market pages: rules, rivals, segments, ways to enter, places, risks, cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.market import cases, outlook
from bigmodel_utils.market.rivals import NOTHING, US
from bigmodel_utils.messages import Message
from bigmodel_utils.report.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.market.exposure import Exposure
    from bigmodel_utils.market.outlook import Ranking
    from bigmodel_utils.market.policy import Burden

_PLANNED = Message("Planner's ranges and fact rows with their dates; see the codebook of the facts.")
_QUADRANTS = {
    "strength": Message("strength"),
    "weakness": Message("weakness"),
    "opportunity": Message("opportunity"),
    "threat": Message("threat"),
}
_SCORES = {-1: Message("hurt"), 0: Message("mixed"), 1: Message("helped")}


def ranking(found: Ranking, countries: pd.DataFrame, target: str) -> Table:
    """Return every market with its ranks and what is unknown of it. countries: iso3, country; target: iso3, stressed."""
    names = countries.set_index("iso3")["country"]
    ahead = found.neighbours.set_index("first")["chance"]
    rows = [
        {
            "name": Message(names[iso3]),
            "first": float(found.acceptability.loc[iso3, 1]),
            "ahead": float(ahead[iso3]) if iso3 in ahead.index else None,
            "unknown": [outlook.CRITERIA[name].title for name in row["unknown"].split(";") if name],
        }
        | {name: int(row[name]) for name in ("rank", "best_rank", "worst_rank")}
        for iso3, row in found.table.iterrows()
    ]
    columns = [
        Column("name", Message("country")),
        Column("rank", Message("rank"), "integer"),
        Column("best_rank", Message("best"), "integer", Message("the unknown allows")),
        Column("worst_rank", Message("worst"), "integer", Message("the unknown allows")),
        Column("first", Message("comes first"), "percent"),
        Column("ahead", Message("ahead of the next"), "percent"),
        Column("unknown", Message("unknown")),
    ]
    source = Message("Facts by country with their dates; percent: share of weightings drawn around those given.")
    return Table(found.steadiness(countries), columns, rows, source, best=list(found.table.index).index(target))


def duties(burden: Burden, finding: Message) -> Table:
    """Return the rules that apply. burden and finding: as `outlook.rules` returns them."""
    columns = [
        Column("instrument", Message("rule")),
        Column("duty", Message("asks for")),
        Column("as_of", Message("in force"), "date"),
    ]
    source = Message(
        "An orientation, not legal advice. Names and dates from the instruments, delays and costs planner's ranges."
    )
    return Table.of(finding, burden.duties, columns, source)


def rivals(table: pd.DataFrame) -> Table:
    """Return prices and shares of choices. table: offer, usd_per_thousand, low, mid, high."""
    ours = table.index[table["offer"] == US][0]
    strongest = table[~table["offer"].isin([US, NOTHING])].sort_values("mid").iloc[-1]
    finding = Message(
        "Of 100 buyers, about {ours:integer} would choose us and {theirs:integer} {rival}",
        ours=100 * table.loc[ours, "mid"],
        theirs=100 * strongest["mid"],
        rival=str(strongest["offer"]),
    )
    columns = [
        Column("offer", Message("offer")),
        Column("usd_per_thousand", Message("price"), "cents", Message("per 1,000")),
        Column("low", Message("low"), "percent"),
        Column("mid", Message("middle"), "percent"),
        Column("high", Message("high"), "percent"),
    ]
    source = Message("Nested logit over planner's ranges of what buyers value; list prices of the rivals with their sources.")
    return Table.of(finding, table, columns, source, best=list(table.index).index(ours))


def swot(lines: pd.DataFrame) -> Table:
    """Return strengths, weaknesses, opportunities and threats. lines: quadrant, line (as `standing.swot`)."""
    order = {quadrant: place for place, quadrant in enumerate(_QUADRANTS)}
    ranked = lines.sort_values("quadrant", key=lambda column: column.map(order), kind="stable")
    rows = [{"quadrant": _QUADRANTS[row.quadrant], "line": row.line} for row in ranked.itertuples()]
    good = int(lines["quadrant"].isin(["strength", "opportunity"]).sum())
    finding = Message("{good} figures speak for the venture, {bad} against it", good=good, bad=len(lines) - good)
    columns = [Column("quadrant", Message("kind")), Column("line", Message("figures"))]
    return Table(
        finding, columns, rows, Message("Each line compares figures of this run or of the facts; largest difference first.")
    )


def segments(table: pd.DataFrame, finding: Message) -> Table:
    """Return merchants by size. table, finding: as `segment.segments` and `segment.finding`."""
    columns = [
        Column("segment", Message("{customers} by size")),
        Column("merchants", Message("of {customers}"), "percent"),
        Column("reviews", Message("of {items}"), "percent"),
        Column("reviews_month", Message("{items} a month"), "integer"),
        Column("value", Message("worth of a customer"), "money"),
        Column("cost", Message("cost of winning one"), "money"),
        Column("worth_it", Message("chance that it pays"), "percent"),
    ]
    return Table.of(finding, table, columns, _PLANNED, best=int(table["value_to_cost"].to_numpy().argmax()))


def entry(table: pd.DataFrame) -> Table:
    """Return ways to enter, best median first. table: as `entry.compare`."""
    first = table.iloc[0]
    finding = Message(
        "{title} is worth most in the middle case, {npv:money}, and best of all in {best:percent} of the futures",
        title=Message(first["title"]),
        npv=first["npv_mid"],
        best=first["best"],
    )
    shown = table.assign(title=[Message(title) for title in table["title"]])
    columns = [
        Column("title", Message("way to enter")),
        Column("npv_low", Message("low"), "money", Message("net present value")),
        Column("npv_mid", Message("middle"), "money", Message("net present value")),
        Column("npv_high", Message("high"), "money", Message("net present value")),
        Column("gain", Message("chance of gain"), "percent"),
        Column("best", Message("best of all"), "percent"),
        Column("lowest_cash", Message("deepest cash"), "money"),
        Column("control", Message("say"), "percent"),
        Column("delay_months", Message("months later"), "integer"),
    ]
    source = Message("The same cash flow on the same draws; factors against an own subsidiary are planner's estimates.")
    return Table.of(finding, shown, columns, source, best=0)


def places(table: pd.DataFrame, finding: Message, most: int = 8) -> Table:
    """Return the cheapest allowed pair of every place to serve from. table, finding: as `outlook.places`."""
    columns = [
        Column("train", Message("train in")),
        Column("serve", Message("serve from")),
        Column("usd", Message("cost"), "money"),
        Column("kg", Message("kg of CO2e"), "integer"),
        Column("rtt_ms", Message("round trip, ms"), "integer"),
    ]
    source = Message(
        "For every place to serve from the cheapest to train in. List prices per two processors; round trips estimated from "
        "distance, power from published averages."
    )
    return Table.of(finding, table[table["allowed"]].drop_duplicates("serve").head(most), columns, source, best=0)


def mitigations(cures: pd.DataFrame, finding: Message) -> Table:
    """Return what each mitigation costs and saves. cures, finding: as `undertaking.risks`."""
    shown = cures.assign(
        risk=[Message(risk) for risk in cures["risk"]], mitigation=[Message(text) for text in cures["mitigation"]]
    )
    columns = [
        Column("risk", Message("risk")),
        Column("expected", Message("expected loss"), "money"),
        Column("mitigation", Message("what can be done")),
        Column("cost", Message("costs"), "money"),
        Column("saves", Message("saves"), "money"),
    ]
    return Table.of(finding, shown, columns, _PLANNED)


def resemblance(closest: pd.DataFrame, ask: Sequence[str]) -> Table:
    """Return the companies from most to least alike. closest, ask: as `standing.lessons`."""
    first = closest.iloc[0]
    finding = Message(
        "Most like {company}: {lesson}",
        company=str(first["company"]),
        lesson=Message(first["lesson"]),
    )
    columns = [
        Column("company", Message("company")),
        Column("distance", Message("difference"), "number2"),
        Column("outcome", Message("what became of it")),
        Column("lesson", Message("lesson")),
    ]
    shown = closest.assign(
        outcome=[Message(text) for text in closest["outcome"]], lesson=[Message(text) for text in closest["lesson"]]
    )
    source = Message(
        "Mean difference over {answered} of {of} factors that this run could answer; six cases are no sample. Judgements.",
        answered=int(first["answered"]),
        of=len(cases.FACTORS),
    )
    return Table.of(finding, shown, columns, source, best=0)


def questions(ask: Sequence[str]) -> Table:
    """Return the factors of success that no figure of the run can answer. ask: as `standing.lessons`."""
    finding = Message("{count} questions that only the company can answer", count=len(ask))
    rows = [{"question": cases.FACTORS[factor]} for factor in ask]
    return Table(
        finding, [Column("question", Message("question"))], rows, Message("Factors on which earlier companies rose or fell.")
    )


def factors(table: pd.DataFrame) -> Table:
    """Return each factor with the score of every company and of the venture. table: as `standing.lessons`."""
    companies = [name for name in table.columns if name not in ("question", "venture")]
    rows = [_factor_row(row, companies) for row in table.to_dict("records")]
    known = int(table["venture"].notna().sum())
    finding = Message("{known} of {of} factors are answered for this venture", known=known, of=len(table))
    columns = [Column("question", Message("factor")), Column("venture", Message("this venture"))]
    columns += [Column(name, Message(name)) for name in companies]
    return Table(finding, columns, rows, Message("Judgements from the cases' sources: it hurt, was mixed, or helped."))


def _factor_row(row: Mapping, companies: Sequence[str]) -> dict:
    scores = {name: _SCORES[int(row[name])] for name in companies}
    own = {"venture": _SCORES[int(row["venture"])]} if row["venture"] in _SCORES else {}
    return {"question": Message(row["question"]), **scores, **own}


def team(table: pd.DataFrame, finding: Message) -> Table:
    """Return each role with the people and skills it lacks and what they cost. table, finding: as `undertaking.team`."""
    rows = [
        row
        | {
            "role": Message(row["role"]),
            "uncovered_skills": [Message(skill) for skill in row["uncovered_skills"].split(";") if skill],
        }
        for row in table.to_dict("records")
    ]
    columns = [
        Column("role", Message("role")),
        Column("country_iso3", Message("paid in"), "country"),
        Column("needed", Message("needed"), "number1", Message("people")),
        Column("missing", Message("missing"), "number1", Message("people")),
        Column("uncovered_skills", Message("skills that nobody has")),
        Column("usd_per_year", Message("costs"), "money", Message("a year")),
        Column("usd_to_hire", Message("to find them"), "money", Message("once")),
    ]
    source = Message("Pay of software engineers in one survey of 2022, times each role's factor; planner's ranges on top.")
    return Table(finding, columns, rows, source)


def exposure(found: Exposure) -> Table:
    """Return the venture's worth with and without the risks on file. found: as `exposure.with_risks`."""
    shown = found.table.assign(title=[Message(title) for title in found.table["title"]])
    columns = [
        Column("title", Message("case")),
        Column("npv_low", Message("low"), "money", Message("net present value")),
        Column("npv_mid", Message("middle"), "money", Message("net present value")),
        Column("npv_high", Message("high"), "money", Message("net present value")),
        Column("gain", Message("chance of gain"), "percent"),
    ]
    source = Message(
        "Each loss falls at any moment of the plan, discounted at the future's own rate, without tax relief. The futures know "
        "slow adoption already, so part of it counts twice: read this as the dark side."
    )
    return Table.of(found.finding, shown, columns, source)
