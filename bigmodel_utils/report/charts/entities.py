"""How well names are found: whole-entity scores of three readers, and what of it survives on names never learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.charts import ladder

if TYPE_CHECKING:
    from bigmodel_utils.applications.medical_entities import Judged

READERS = {"model": Message("fine-tuned tagger"), "linear": Message("linear tagger"), "list": Message("list of names")}
COLOURS = {"model": palette.ACCENT, "linear": palette.SLATE, "list": palette.GOLD}
SETS = {"gold": Message("marked by people"), "silver": Message("notes, silver tags")}


def scores(judged: Sequence[Judged]) -> Chart:
    """Return entity F1 of three readers on both sets."""
    led = [one for one in judged if all(gained.low > 0 for gained in one.gains.values())]
    finding = Message(
        "The fine-tuned tagger beats both rivals beyond chance on {won} of {all} sets", won=len(led), all=len(judged)
    )
    alt = Message(
        "Entity F1 with intervals; the fine-tuned tagger reaches {first:number3} and {second:number3}.",
        first=judged[0].f1["model"],
        second=judged[-1].f1["model"],
    )
    note = Message(
        "An entity counts when its kind and both ends are right. Bar: 95% of resampled sentences. Measured in this run."
    )
    rungs = [
        ladder.Rung(
            Message("{reader}: {where}", reader=READERS[reader], where=SETS[one.name]),
            value,
            COLOURS[reader],
            reader == "model",
        )
        for one in judged
        for reader, value in one.f1.items()
    ]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, rungs, "number2", 1.0))


def unseen(judged: Judged) -> Chart:
    """Return how many mentions of known and of hidden names the tagger and the list find."""
    names = {
        "model_known": Message("tagger, names learned from"),
        "model_hidden": Message("tagger, names never learned from"),
        "list_known": Message("list, names learned from"),
        "list_hidden": Message("list, names never learned from"),
    }
    hidden = judged.recall["model_hidden"]
    finding = Message("Of mentions of names it never learned from, the tagger finds {share:percent}", share=hidden)
    alt = Message("Shares of mentions found, by tagger and list, for known and for hidden names.")
    note = Message("Share of silver mentions found. Bar: Wilson interval, 95%. Measured in this run.")
    rungs = [
        ladder.Rung(names[key], judged.recall[key], COLOURS[key.partition("_")[0]], key == "model_hidden")
        for key in names
        if key in judged.recall
    ]
    return Chart(finding, alt, note, lambda canvas: ladder.draw(canvas, rungs, "percent", 1.0))
