"""What the page on entities shows beside its charts: sentences with their entities drawn in, differences, finds, money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from bigmodel_utils.applications.annotated import Sentences
from bigmodel_utils.evaluation.entities import spans
from bigmodel_utils.messages import Message
from bigmodel_utils.report import application_tables
from bigmodel_utils.report.chart import LAB_STYLE, MIME
from bigmodel_utils.report.charts.entities import READERS, SETS
from bigmodel_utils.report.markup import both, plain
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import MEASURED

if TYPE_CHECKING:
    from bigmodel_utils.applications.delegation import Worth
    from bigmodel_utils.applications.medical_entities import Judged

_LEGEND = Message(
    "Shaded warm: told and tagged. Shaded cool, with dots under it: told, not tagged. [missing: …]: tagged, not told."
)
_LAB = {
    "for s3": "background:color-mix(in srgb,var(--warn) 42%,transparent)",
    "against s2": "background:color-mix(in srgb,var(--slate) 28%,transparent);text-decoration:underline dotted",
}


@dataclass(frozen=True)
class Drawn:
    """Sentences with the model's entities drawn in; words are data and are escaped."""

    finding: Message
    sentences: Sequence[dict[str, list[str]]]

    def html(self) -> str:
        """Return the figure for a page, in every language."""
        body = "".join(f"<p>{drawn(**sentence)}</p>" for sentence in self.sentences)
        return f'<figure class="heat"><p class="finding">{both(self.finding)}</p>{body}<figcaption>{both(_LEGEND)}</figcaption></figure>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        lines = "".join(f"<p>{drawn(**sentence, lab=True)}</p>" for sentence in self.sentences)
        title = f'<p style="font-size:17px;font-weight:600">{escape(plain(self.finding, "en"))}</p>'
        lab = f'<figure style="{LAB_STYLE}">{title}{lines}<figcaption>{escape(plain(_LEGEND, "en"))}</figcaption></figure>'
        return {"text/html": lab, "text/plain": plain(self.finding, "en"), MIME: {"html": self.html()}}


def drawn(words: Sequence[str], truth: Sequence[str], told: Sequence[str], lab: bool = False) -> str:
    """Return a sentence as HTML: told entities shaded with their kind, missed ones named in brackets."""
    real, found = set(spans(truth)), spans(told)
    starts = {start: (kind, end) for kind, start, end in found}
    missed = {start: kind for kind, start, end in real - set(found)}
    parts, at = [], 0
    while at < len(words):
        kind, end = starts.get(at, ("", at + 1))
        text = escape(" ".join(words[at:end]))
        if kind:
            tone = "for s3" if (kind, at, end) in real else "against s2"
            how = f'style="{_LAB[tone]}"' if lab else f'class="{tone}"'
            text = f"<span {how}>{text} <small>{escape(kind.lower())}</small></span>"
        elif at in missed:
            text = f"[{both(Message('missing'))}: {text}, {escape(missed[at].lower())}]"
        parts.append(text)
        at = end
    return " ".join(parts)


def sentences(judged: Judged) -> Drawn:
    """Return some of the judged sentences with entities drawn in."""
    right, wrong, missed = judged.counts
    finding = Message(
        "{right:integer} entities found, {missed:integer} missed, {wrong:integer} told that the tags do not have",
        right=right,
        missed=missed,
        wrong=wrong,
    )
    return Drawn(finding, judged.shown)


def rows(gold: Sentences, silver: Sentences) -> Table:
    """Return how many sentences each set learns from and is judged on."""
    lines = [
        {
            "set": SETS[name],
            "train": len(data.train),
            "tune": len(data.tune),
            "test": len(data.test),
            "hidden": len(data.hidden) or None,
        }
        for name, data in (("gold", gold), ("silver", silver))
    ]
    columns = [
        Column("set", Message("sentences")),
        Column("train", Message("to learn from"), "integer"),
        Column("tune", Message("to stop on"), "integer"),
        Column("test", Message("unseen"), "integer"),
        Column("hidden", Message("names hidden from learning"), "integer"),
    ]
    finding = Message(
        "{gold} sentences marked by people and {silver} with silver tags to learn from",
        gold=len(gold.train),
        silver=len(silver.train),
    )
    return Table(finding, columns, lines, MEASURED)


def differences(judged: Sequence[Judged]) -> Table:
    """Return paired differences in entity F1 between the tagger and both rivals."""
    lines = [
        {
            "set": SETS[one.name],
            "rival": READERS[rival],
            "difference": gained.mid,
            "low": gained.low,
            "high": gained.high,
            "entities": one.entities,
        }
        for one in judged
        for rival, gained in one.gains.items()
    ]
    real = sum(line["low"] > 0 for line in lines)
    columns = [
        Column("set", Message("sentences")),
        Column("rival", Message("compared with")),
        Column("difference", Message("difference"), "number3", Message("F1")),
        Column("low", Message("low"), "number3", Message("F1")),
        Column("high", Message("high"), "number3", Message("F1")),
        Column("entities", Message("entities"), "integer"),
    ]
    finding = Message("In {real} of {all} comparisons the fine-tuned tagger is better beyond chance", real=real, all=len(lines))
    return Table(finding, columns, lines, Message("Same sentences for both: paired bootstrap, 95%. Measured in this run."))


def kinds(judged: Judged) -> Table:
    """Return how well each kind of name is found."""
    worst = judged.kinds.loc[judged.kinds["f1"].idxmin()]
    finding = Message("Hardest to find is the kind “{kind}”: F1 {f1:number3}", kind=str(worst["kind"]), f1=float(worst["f1"]))
    columns = [
        Column("kind", Message("kind")),
        Column("n", Message("entities"), "integer"),
        Column("precision", Message("right, of those told"), "percent"),
        Column("recall", Message("found, of those there"), "percent"),
        Column("f1", Message("F1"), "number3"),
    ]
    return Table.of(finding, judged.kinds, columns, MEASURED)


def beyond(judged: Judged) -> Table:
    """Return what the tagger finds in the notes that the silver tags lack."""
    columns = [
        Column("name", Message("found")),
        Column("kind", Message("told as")),
        Column("times", Message("times"), "integer"),
    ]
    finding = (
        Message("Of what counts as wrong here, the commonest is “{name}”: judge for yourself", name=judged.beyond[0]["name"])
        if judged.beyond
        else Message("The tagger finds nothing that the lists lack")
    )
    return Table(
        finding,
        columns,
        judged.beyond,
        Message("Told by the model where no list has a name; counted as wrong on this page. Measured in this run."),
    )


def money(found: Worth) -> Table:
    """Return the cost of marking 1,000 entities by people, and with the model's proposals."""
    lines = [
        (Message("people alone"), found.people, "money"),
        (Message("proposals, checked by people"), found.together, "money"),
        (Message("saving"), found.saving, "money"),
    ]
    finding = Message("The chance that proposals save money is {chance:percent}", chance=found.chance)
    note = Message("USD; low and high hold 80 of 100 draws. Computing is paid. Estimated.")
    return application_tables.ranges(Message("1,000 entities"), lines, finding, note)
