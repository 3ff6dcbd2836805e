"""The top of the brief: the answer, the number behind it, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence

from bigmodel_utils.messages import Message
from bigmodel_utils.report import charts, names
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.origins import Origins
from bigmodel_utils.report.scale import rounded
from bigmodel_utils.units import Quantity

WORDS = {"go": Message("go"), "wait": Message("wait"), "stop": Message("stop")}
WORDS_ALONE = {"go": Message("Go"), "wait": Message("Wait"), "stop": Message("Stop")}
FLIPS_SHOWN = 3
_ORDER = ("go", "wait", "stop")
SPACE = '<span lang="en"> </span>'  # Chinese sentences follow one another without a space


def html(evidence: Evidence, origins: Origins) -> str:
    """Return the block that a reader meets first."""
    npv = evidence.figures["npv"]
    density = charts.npv_density(evidence.table("npv_density"), evidence.decision["probability"], npv.mid)
    years = Message("Value over {years} years, in today's money", years=evidence.scenario.decision.horizon_years)
    day = Message("prices as of {day:date}", day=evidence.prices_as_of.isoformat())
    between = Message("8 in 10 futures: {low:money} to {high:money}", low=npv.low, high=npv.high)
    return (
        f'<div class="verdict"><div><p class="kicker">{both(Message("Verdict"))}<span class="narrow-only">{both(day)}</span></p><h1>{both(headline(evidence))}</h1>'
        f'<p class="lead">{SPACE.join(origins.html(sentence) for sentence in lead(evidence))}</p>{_flips(evidence, origins)}</div>'
        f'<div class="card"><p class="kicker">{both(years)}</p><p class="big">{origins.html(Message("{npv:money}", npv=npv))}</p>'
        f'<p class="range">{both(between)}</p>{density.html(titled=False)}</div></div>'
    )


def headline(evidence: Evidence) -> Message:
    """Return the verdict as a sentence that names what it hangs on."""
    verdict, flips = evidence.decision["verdict"], evidence.decision["flips"]
    country = evidence.scenario.target_market.country
    if verdict == "go":
        return Message("Go: enter {country:country} now", country=country)
    upward = next((flip for flip in flips if flip["verdict"] == "go"), None)
    if verdict == "stop":
        return Message("Stop: do not enter {country:country} on these terms", country=country)
    if upward is None:
        return Message("Wait: the case for {country:country} is open", country=country)
    return Message("Wait: it hangs on {assumption}", assumption=names.assumption(upward["assumption"]))


def lead(evidence: Evidence) -> list[Message]:
    """Return the two or three sentences below the headline."""
    rule, figures = evidence.scenario.decision, evidence.figures
    gain = Message("{gain:integer} of 100", gain=figures["futures_with_gain"])
    sentences = [
        Message(
            "Entering {country:country} gains money in **{gain}** futures.",
            country=evidence.scenario.target_market.country,
            gain=gain,
        ),
        Message(
            "The rule of this brief: go from {go:integer}, stop below {stop:integer}.",
            go=100 * rule.go_at,
            stop=100 * rule.stop_at,
        ),
    ]
    return [*sentences, _saved(figures["saving_per_thousand"])]


def _saved(saving: Quantity) -> Message:
    """Return what a customer saves, told as certain only where the whole range says so."""
    ends = {"saving": saving, "low": saving.low, "high": saving.high}
    if saving.low > 0:
        return Message(
            "In the middle case the adapted model saves a customer {saving:money} on every 1,000 {items}, errors included.",
            **ends,
        )
    if saving.high < 0:
        return Message(
            "The adapted model saves a customer nothing: {saving:money} on every 1,000 {items}, errors included.", **ends
        )
    return Message(
        "Whether the adapted model saves a customer anything is open: {low:money} to {high:money} on every 1,000 {items}, errors included.",
        **ends,
    )


def flip_sentence(flip: dict, evidence: Evidence) -> Message:
    """Return one flip: which assumption, from where to where, and the verdict there. Its name tells the unit."""
    name, unit = flip["assumption"], flip["unit"]
    assumed = evidence.figures.get(name)
    return Message(
        "**{verdict}:** {assumption} at {at} instead of {now}",
        assumption=names.assumption(name),
        at=names.written(rounded(flip["at"], unlike=flip["now"]), unit, with_unit=False),
        now=names.written(assumed if assumed and assumed.mid == flip["now"] else flip["now"], unit, with_unit=False),
        verdict=WORDS_ALONE[flip["verdict"]],
    )


def nearest_flips(flips: Sequence[dict]) -> list[dict]:
    """Return the flips to show: the nearest to each other verdict, then the nearest of the rest; best verdict first.

    flips: nearest first. What lies beyond an assumption's own range is shown only where nothing nearer leads there.
    """
    first = {flip["verdict"]: flip for flip in reversed(flips)}
    rest = [flip for flip in flips if flip not in first.values() and flip["reach"] <= 1]
    return sorted([*first.values(), *rest][:FLIPS_SHOWN], key=lambda flip: _ORDER.index(flip["verdict"]))


def _flips(evidence: Evidence, origins: Origins) -> str:
    flips = nearest_flips(evidence.decision["flips"])
    title = f"<b>{both(Message('What would flip it'))}</b>"
    if not flips:
        return f'<div class="flip">{title}<p>{both(Message("No single assumption, moved within reason, changes this verdict."))}</p></div>'
    return f'<div class="flip">{title}<ul>{"".join(f"<li>{origins.html(flip_sentence(flip, evidence))}</li>" for flip in flips)}</ul></div>'
