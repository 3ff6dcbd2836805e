"""How well language models know the market's texts, and what the adapted one writes: repeats, private data, drafts that pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import ladder

if TYPE_CHECKING:
    from bigmodel_utils.applications.content_generation import Judged

NAMES = {"before": Message("before adapting"), "after": Message("adapted"), "pairs": Message("counts of pairs")}
_COLOURS = {"before": palette.WARN, "after": palette.ACCENT, "pairs": palette.MUTE}


def perplexity(judged: Judged) -> Chart:
    """Return perplexity per character on unseen texts of the market before and after adapting, and of counted pairs."""
    rival = (
        Message("it lies below that of counted pairs")
        if judged.lead.high < 1
        else Message("counts of pairs do better")
        if judged.lead.low > 1
        else Message("it is not shown to differ from that of counted pairs")
    )
    finding = (
        Message("Adapting brings perplexity down to {share:percent} of what it was; {rival}", share=judged.ratio, rival=rival)
        if judged.ratio.high < 1
        else Message("Adapting is not shown to lower perplexity; {rival}", rival=rival)
    )
    best = min(judged.perplexity, key=lambda name: judged.perplexity[name].mid)
    alt = Message(
        "Perplexity of {count} models with intervals; the lowest is {value:number1}.",
        count=len(judged.perplexity),
        value=judged.perplexity[best],
    )
    note = Message(
        "Lower is better: among how many equally likely characters the model hesitates. {characters:integer} unseen characters, whatever the "
        "model's tokens; bar: 95% of resampled texts. Measured in this run.",
        characters=judged.characters,
    )
    rungs = [ladder.Rung(NAMES[key], value, _COLOURS[key], key == "after") for key, value in judged.perplexity.items()]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, rungs, "number1"))


def screen(judged: Judged) -> Chart:
    """Return what share of samples repeats training text, holds personal data, ends by itself, and passes all three."""
    names = {
        "copied": Message("repeat training text"),
        "people_copied": Message("unseen texts of people that do"),
        "personal": Message("hold personal data"),
        "ended": Message("end by themselves"),
        "passed": Message("pass the screen"),
    }
    copied, people = judged.shares["copied"], judged.shares["people_copied"]
    finding = (
        Message("Samples repeat training texts more often than people's unseen texts do")
        if copied.low > people.high
        else Message("Samples are not shown to repeat training texts more than people's unseen texts do")
    )
    alt = Message("Shares of {n} samples, with intervals.", n=copied.n)
    note = Message(
        "Repeating: {run} characters in a row that stand in a training text. Bar: Wilson interval. Measured in this run.",
        run=judged.copied,
    )
    rungs = [
        ladder.Rung(name, judged.shares[key], palette.ACCENT if key == "passed" else palette.SLATE, key == "passed")
        for key, name in names.items()
    ]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, rungs, "percent", 1.0))
