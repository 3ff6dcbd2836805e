"""The five sections of the brief: market, model, cost, value, risk. One figure each, its finding as the heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bigmodel_utils.deployment.menu import named
from bigmodel_utils.messages import Message
from bigmodel_utils.report import charts, names, palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import both, headline
from bigmodel_utils.report.origins import Origins
from bigmodel_utils.report.scale import rounded
from bigmodel_utils.scenario import DEPLOYMENT, EVALUATION, MARKET, TRUST, VALUE

SIGNIFICANT = 0.05


def html(evidence: Evidence, origins: Origins, pages: Mapping[str, Message]) -> str:
    """Return all five sections, each with a link to the page behind it. pages: file name -> title of the pages there are."""
    parts = (
        (market, MARKET),
        (model, EVALUATION),
        (cost, DEPLOYMENT),
        (value, VALUE),
        (risk, TRUST),
    )
    return "".join(_section(*part(evidence), _link(f"{stage}.html", pages), origins) for part, stage in parts)


def _section(chart: Chart, sentences: Sequence[Message], link: str, origins: Origins) -> str:
    prose = "".join(f"<p>{origins.html(sentence)}</p>" for sentence in sentences)
    return (
        f'<section class="split"><div><h2>{headline(chart.finding)}</h2>{prose}{link}</div>{chart.html(titled=False)}</section>'
    )


def _link(file: str, pages: Mapping[str, Message]) -> str:
    return f'<p class="more"><a href="{file}">{both(pages[file])}</a></p>' if file in pages else ""


def market(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """How many customers, and what they would pay in a year."""
    chart = charts.adoption(evidence.table("adoption"))
    som = evidence.figures["som_usd_year"]
    sentences = [
        Message(
            "What we could win is worth **{som:money}** a year; 8 in 10 futures: {low:money} to {high:money}.",
            som=som,
            low=som.low,
            high=som.high,
        )
    ]
    return chart, sentences


def model(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """How often the models are right, and whether the home model was worth starting from."""
    chart = charts.dots_with_intervals(evidence.table("scores"))
    compare = {(row["first"], row["second"]): row for row in evidence.table("compare").to_dict("records")}
    sentences = [_home(evidence)]
    sentences += [sentence(compare[pair]) for pair, sentence in _COMPARISONS.items() if pair in compare]
    return chart, sentences


def _home(evidence: Evidence) -> Message:
    return Message(
        "At home the model is right {accuracy:percent1} of the time.", accuracy=evidence.figures["accuracy_source_a"]
    )


def _adapting(row: dict) -> Message:
    if row["p_value"] < SIGNIFICANT and row["difference"] > 0:
        return Message(
            "**Adapting pays:** {points:number1} points more than the home model unchanged, beyond what luck explains.",
            points=100 * row["difference"],
        )
    return Message(
        "**Adapting is not shown to pay:** {points:number1} points against the home model unchanged.",
        points=100 * row["difference"],
    )


def _starting(row: dict) -> Message:
    points = 100 * row["difference"]
    if row["p_value"] >= SIGNIFICANT:
        return Message(
            "Our home model gives no measurable head start: adapting a general model ends {points:number1} points away, which luck may explain.",
            points=abs(points),
        )
    if points > 0:
        return Message("Our home model is a head start: {points:number1} points over adapting a general model.", points=points)
    return Message("Our home model holds us back: adapting a general model is {points:number1} points better.", points=-points)


_COMPARISONS = {("b", "a"): _adapting, ("b", "p"): _starting}


def cost(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """What a thousand items cost by each way of working, errors included."""
    table = evidence.table("cost_per_thousand")
    chart = charts.cost_per_thousand(table)
    ours = table.set_index("process").loc["b"]
    parts = {part: float(ours[part]) for part in palette.COST_NAMES}
    largest = max(parts, key=parts.__getitem__)
    share = Message(
        "**{part}** make up {share:percent} of the adapted model's bill.",
        part=palette.COST_HEADS[largest],
        share=parts[largest] / float(ours["total"]),
    )
    computing = Message(
        "Machines cost {serving:money} per 1,000 {items}.", serving=evidence.figures["serving_usd_per_thousand"]
    )
    return chart, [share, computing, served(evidence)]


def served(evidence: Evidence) -> Message:
    """Return what is served, how large it is, and the rate that one machine sustains; or that nobody measured it."""
    if DEPLOYMENT not in evidence.run.stages:
        return Message("How it would be served was not measured: the speed is that of the trained model.")
    form = named(evidence.run.json(DEPLOYMENT, "machine")["variant"])
    size, rate = evidence.figures["served_size_mb"], evidence.figures["sustained_requests_per_second"]
    wait = evidence.scenario.deployment.latency_p95_ms
    if rate.mid <= 0:
        return Message(
            "Served form: {form}, {size:integer} MB. No rate was found at which 95 of 100 answers come within {wait:integer} ms.",
            form=form,
            size=size,
            wait=wait,
        )
    return Message(
        "Served form: {form}, {size:integer} MB. One machine answers {rate} requests a second, 95 of 100 within {wait:integer} ms.",
        form=form,
        size=size,
        rate=names.written(rate, rate.unit, with_unit=False),
        wait=wait,
    )


def value(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """When cash turns, and how deep it falls before."""
    figures = evidence.figures
    payback = figures.get("payback_month")
    chart = charts.cash_fan(evidence.table("cash"), payback.mid if payback else None)
    lowest = figures["lowest_cash"]
    sentences = [
        Message(
            "At its lowest, cash stands at **{lowest:money}** in the median future; in one of ten it falls to {low:money} or below.",
            lowest=lowest,
            low=lowest.low,
        ),
        Message(
            "The money is back within {years} years in {share:percent} of the futures, interest not counted.",
            years=evidence.scenario.decision.horizon_years,
            share=figures["probability_of_payback"],
        ),
    ]
    return chart, [*sentences, *_otherwise(evidence)]


def _otherwise(evidence: Evidence) -> list[Message]:
    """Return the way to enter that is worth more than an own subsidiary in the middle case, if there is one."""
    way = evidence.better_way
    if way is None:
        return []
    told = Message(
        "**Not alone:** entered as “{way}”, the same futures are worth {npv:money} in the middle, and {gain:percent} of them gain "
        "money (planner's factors).",
        way=Message(way["title"]),
        npv=way["npv_mid"],
        gain=way["gain"],
    )
    return [told]


def risk(evidence: Evidence) -> tuple[Chart, list[Message]]:
    """Which assumptions decide."""
    table = evidence.table("tornado")
    table = table[table["assumption"].isin(evidence.inputs)]
    first, last = table.iloc[0], table.iloc[-1]
    sentences = [
        Message(
            "From {low} to {high}, the first alone moves the value by **{swing:money}**.",
            low=names.written(rounded(first["low_value"]), first["unit"], with_unit=False),
            high=names.written(rounded(first["high_value"]), first["unit"], with_unit=False),
            swing=abs(first["npv_at_high"] - first["npv_at_low"]),
        ),
        _least(last),
        *trust(evidence),
    ]
    return charts.tornado(table), sentences


_WAYS = {
    "pool": Message("Under the rules on file, customers' texts may be brought together at home."),
    "federated": Message(
        "Under the rules on file, customers' texts stay where they are; only what a model learned from them may travel."
    ),
    "none": Message("Under the rules on file, these texts may not be learned from at all."),
}


def trust(evidence: Evidence) -> list[Message]:
    """Return which way of training the rules leave open, and what a privacy budget costs; or that nobody asked."""
    if TRUST not in evidence.run.stages:
        return [Message("What the rules allow and what privacy costs was not examined.")]
    way, lost = _WAYS[evidence.run.json(TRUST, "way")["kind"]], evidence.figures["privacy_points_lost"]
    if lost.low > 0:
        return [
            way,
            Message("Hiding each person in the training costs {lost:number1} points of accuracy, all else equal.", lost=lost),
        ]
    return [
        way,
        Message(
            "Hiding each person in the training costs no accuracy that can be shown ({lost:number1} points, within what luck explains).",
            lost=lost,
        ),
    ]


def _least(row: Any) -> Message:
    name, swing = names.assumption(row["assumption"]), abs(row["npv_at_high"] - row["npv_at_low"])
    if swing < 1:
        return Message("What matters least: {assumption}, less than a dollar.", assumption=name)
    return Message("What matters least: {assumption}, {swing:money}.", assumption=name, swing=swing)
