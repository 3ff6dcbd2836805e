"""How far a run answers what each law asks."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    from bigmodel_utils.trust.compliance import Review

STATUSES = {
    "answered": (Message("answered by the run"), palette.ACCENT),
    "in part": (Message("prepared, a person finishes it"), palette.ACCENT_SOFT),
    "short": (Message("falls short"), palette.WARN),
    "open": (Message("only a person can answer"), palette.SLATE_SOFT),
}
_ROW, _BAR = 34, 0.6
_DARK = (palette.ACCENT, palette.WARN)


def duties(review: Review) -> Chart:
    """Return the number of duties in each status, a bar per law."""
    counts = {
        law: {status: sum(line.status == status for line in lines) for status in STATUSES}
        for law, lines in (
            (law, list(group)) for law, group in groupby(review.lines, key=lambda line: (line.country, line.regime))
        )
    }
    answered, part, short, left = (review.count(status) for status in STATUSES)
    finding = Message(
        "This run answers {answered} of {all} duties and prepares {part}; in {short} it falls short, {left} are left to people",
        answered=answered,
        all=len(review.lines),
        part=part,
        short=short,
        left=left,
    )
    alt = Message(
        "Bars of duties for {laws} laws of {countries} countries: {answered} answered, {part} prepared, {short} short, {left} open.",
        laws=len(counts),
        countries=len({country for country, _ in counts}),
        answered=answered,
        part=part,
        short=short,
        left=left,
    )
    note = Message("Number of duties by law. An orientation from dated rows on file, not legal advice.")
    return Chart(finding, alt, note, lambda canvas: _bars(canvas, counts))


def _bars(canvas: Canvas, counts: dict[tuple[str, str], dict[str, int]]) -> None:
    names = [f"{canvas.value(country, 'country')} · {canvas.read(regime)}" for country, regime in counts]
    left = 0 if canvas.narrow else max(map(text_width, names)) + 14
    foot = 14 + 14 * canvas.narrow  # of the key, above the first bar or its name
    head = 18 * len(STATUSES) + foot - 4
    row = _ROW + 18 * canvas.narrow
    axes = canvas.axes(height=len(counts) * row + head, left=left, right=8, top=head, bottom=4)
    axes.set_xlim(0, max(sum(own.values()) for own in counts.values()))
    axes.set_ylim(len(counts) - 0.5, -0.5)
    for y, (name, own) in enumerate(zip(names, counts.values(), strict=True)):
        start = 0
        for status, (_, colour) in STATUSES.items():
            if own[status]:
                axes.barh(
                    y, own[status], left=start, height=_BAR * _ROW / row, color=colour, edgecolor=palette.PAPER, linewidth=1
                )
                ink = palette.PAPER if colour in _DARK else palette.INK
                canvas.label(axes, start + own[status] / 2, y, str(own[status]), ink, True, size=SMALL)
            start += own[status]
        where = {"ha": "left", "dy": 20} if canvas.narrow else {"ha": "right", "dx": -10}
        canvas.label(axes, 0, y, name, **where)
    for place, (name, colour) in enumerate(STATUSES.values()):
        canvas.label(axes, 0, -0.5, "■", colour, True, ha="left", dy=foot + 18 * (len(STATUSES) - 1 - place))
        canvas.label(axes, 0, -0.5, canvas.read(name), ha="left", dx=18, dy=foot + 18 * (len(STATUSES) - 1 - place))
