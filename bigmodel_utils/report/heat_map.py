"""Texts shaded by how each piece moved the answer; read by colour, and without it by the line under the piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.chart import LAB_STYLE, MIME
from bigmodel_utils.report.markup import both, plain

if TYPE_CHECKING:
    from bigmodel_utils.evaluation.attribution import Attribution
    from bigmodel_utils.evaluation.explain import Example

LEVELS = 4  # of shade; a piece below the first half step stays plain
_LAB = ("background:color-mix(in srgb,var(--warn) {share}%,transparent);", "background:color-mix(in srgb,var(--slate) {share}%,transparent);")  # fmt: skip
LEGEND = Message(
    "Shaded warm: the piece speaks for the answer given; shaded cool, with dots under it: it speaks against. The stronger the shade, "
    "the stronger the pull. Integrated gradients, estimated; texts as people wrote them, personal data replaced."
)


@dataclass(frozen=True)
class HeatMap:
    """`finding` is the computed title; each of `examples` is one text with its answer above it."""

    finding: Message
    examples: Sequence[Example]

    def html(self) -> str:
        """Return the figure for a page, in every language; the texts are data and are escaped."""
        body = "".join(
            f'<p class="label">{both(_answer(example))}</p><p dir="auto">{shaded(example.parts)}</p>'
            for example in self.examples
        )
        title = f'<p class="finding">{both(self.finding)}</p>'
        return f'<figure class="heat">{title}{body}<figcaption>{both(LEGEND)}</figcaption></figure>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        lines = [
            f"<p><small>{escape(plain(_answer(e), 'en'))}</small><br>{shaded(e.parts, lab=True)}</p>" for e in self.examples
        ]
        title = f'<p style="font-size:17px;font-weight:600">{escape(plain(self.finding, "en"))}</p>'
        note = f'<figcaption style="color:var(--mute);font-size:12.5px">{escape(plain(LEGEND, "en"))}</figcaption>'
        lab = f'<figure style="{LAB_STYLE}">{title}{"".join(lines)}{note}</figure>'
        return {"text/html": lab, "text/plain": plain(self.finding, "en"), MIME: {"html": self.html()}}


def heat_map(examples: Sequence[Example]) -> HeatMap:
    """Return the texts taken apart, with the piece that pulled hardest as the finding."""
    strongest = [(abs(score), piece) for e in examples for piece, score in zip(*_named(e.parts), strict=True)]
    if not strongest:
        return HeatMap(Message("No text to take apart"), examples)
    wrong = sum(not example.is_right for example in examples)
    finding = Message(
        "{count} decisions taken apart, {wrong} of them wrong; the strongest pull comes from “{piece}”",
        count=len(examples),
        wrong=wrong,
        piece=max(strongest)[1],
    )
    return HeatMap(finding, examples)


def _named(parts: Attribution) -> tuple[list[str], list[float]]:
    told = parts.pieces[parts.pieces["piece"].str.strip() != ""]
    return told["piece"].str.strip().tolist(), told["score"].tolist()


def _answer(example: Example) -> Message:
    values = {
        "market": palette.MARKET_NAMES[example.market],
        "answer": example.parts.label,
        "sure": example.parts.probability,
        "truth": example.truth,
    }
    if example.is_right:
        return Message("{market}: “{answer}”, {sure:percent} sure, right", **values)
    return Message("{market}: “{answer}”, {sure:percent} sure, wrong: it is “{truth}”", **values)


def shaded(parts: Attribution, lab: bool = False) -> str:
    """Return the whole text as HTML, each piece shaded by its pull; `lab` writes the style into the tags, as JupyterLab needs."""
    strongest = float(parts.pieces["score"].abs().max()) or 1.0
    spans, at = [], 0
    for piece in parts.pieces[parts.pieces["end"] > parts.pieces["start"]].itertuples():
        start, text = max(at, piece.start), escape(parts.text[max(at, piece.start) : piece.end])
        spans.append(escape(parts.text[at:start]))
        spans.append(_span(text, piece.score / strongest, piece.score, lab))
        at = max(at, piece.end)
    return f"{''.join(spans)}{escape(parts.text[at:])}"


def _span(text: str, share: float, score: float, lab: bool) -> str:
    level = round(abs(share) * LEVELS)
    if not level or not text.strip():
        return text
    against = share < 0
    if not lab:
        return f'<span class="{"against" if against else "for"} s{level}" title="{score:+.2f}">{text}</span>'
    style = _LAB[against].format(share=level * 14) + ("text-decoration:underline dotted" if against else "")
    return f'<span style="{style}" title="{score:+.2f}">{text}</span>'
