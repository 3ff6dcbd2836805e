"""Where the candidate markets lie: dots at their business cities, larger the more often a country ranks first."""

from __future__ import annotations

from math import cos, hypot, radians, sqrt
from typing import TYPE_CHECKING, NamedTuple

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    import pandas as pd

    from bigmodel_utils.market.outlook import Ranking

_PARALLEL = cos(radians(45))  # equirectangular, true to scale at 45° N, near most of the candidates
_MARGIN = 12  # degrees around the outermost dots
_MESH = 30  # degrees between the lines
_LINE = 14.0  # height of a label in pixels
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_NOTEWORTHY = 5  # first ranks, written in ink
_NAMED_NARROW = 12  # names tried on a phone; more would read as a list without order


class Box(NamedTuple):
    """A rectangle in pixels, `x`, `y` its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Return whether the two share any area."""
        apart_x = self.x >= other.x + other.width or other.x >= self.x + self.width
        return not (apart_x or self.y >= other.y + other.height or other.y >= self.y + self.height)


class Dot(NamedTuple):
    """A market on the map: centre and radius in pixels, and its label."""

    x: float
    y: float
    radius: float
    label: str


def markets_map(found: Ranking, places: pd.DataFrame, countries: pd.DataFrame, target: str) -> Chart:
    """Return the ranked markets on a map. places: place (iso3), kind, latitude_deg, longitude_deg; countries: iso3, country.

    A market without coordinates is counted in the alt text and left out; labels that find no room are left out, the worst
    ranks first.
    """
    names = countries.set_index("iso3")["country"]
    where = places[places["kind"] == "country"].set_index("place")
    rows = [
        {
            "name": Message(names[iso3]),
            "target": iso3 == target,
            "rank": int(found.table.loc[iso3, "rank"]),
            "first": float(found.acceptability.loc[iso3, 1]),
            "latitude": float(where.loc[iso3, "latitude_deg"]),
            "longitude": float(where.loc[iso3, "longitude_deg"]),
        }
        for iso3 in found.table.index
        if iso3 in where.index
    ]
    ever = sum(row["first"] >= 0.01 for row in rows)
    largest = max(rows, key=lambda row: row["first"])
    told = {"ever": ever, "of": len(found.table), "name": largest["name"], "share": largest["first"]}
    finding = Message(
        "{ever} of {of} markets come first in some nearby weighting, most often {name}, in {share:percent}", **told
    )
    alt = Message(
        "Map with dots for {count} of {of} markets; {ever} of them come first in at least one of a hundred nearby weightings, "
        "most often {name}, in {share:percent}.",
        count=len(rows),
        **told,
    )
    note = Message(
        "Larger dot, and percent: how often first when the weights are drawn around those given. Dots stand at the largest "
        "business city; lines every 30 degrees. Names that find no room are left out."
    )
    return Chart(finding, alt, note, lambda canvas: _map(canvas, rows))


def _map(canvas: Canvas, rows: list[dict]) -> None:
    west, east = _ends([row["longitude"] for row in rows])
    south, north = _ends([row["latitude"] for row in rows])
    scale = canvas.width / ((east - west) * _PARALLEL)
    height = (north - south) * scale
    axes = canvas.axes(height=height + 8, top=4, bottom=4)
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(0, height)
    for line, low, high, pixels in ((axes.axvline, west, east, scale * _PARALLEL), (axes.axhline, south, north, scale)):
        for degrees in range(-180, 181, _MESH):
            if low < degrees < high:
                line((degrees - low) * pixels, color=palette.LINE, linewidth=1, zorder=0)
    ordered = sorted(rows, key=lambda row: (not row["target"], row["rank"]))
    dots = [
        Dot(
            (row["longitude"] - west) * scale * _PARALLEL,
            (row["latitude"] - south) * scale,
            (2.5 if canvas.narrow else 3.5) + (8 if canvas.narrow else 14) * sqrt(row["first"]),
            _label(canvas, row),
        )
        for row in ordered
    ]
    named = _NAMED_NARROW if canvas.narrow else len(dots)
    for row, dot, box in zip(ordered, dots, placed(dots, canvas.width, height, named), strict=True):
        colour = palette.ACCENT if row["target"] else palette.SLATE if row["first"] >= 0.01 else palette.SLATE_SOFT
        axes.plot(dot.x, dot.y, "o", color=colour, markersize=2 * dot.radius, markeredgecolor=palette.PAPER, markeredgewidth=1)
        if box is not None:
            ink = palette.ACCENT if row["target"] else palette.INK if row["rank"] <= _NOTEWORTHY else palette.MUTE
            x, side = _anchor(dot, box)
            canvas.label(axes, x, box.y + _LINE / 2, dot.label, ink, row["target"], ha=side, size=SMALL)


def _ends(degrees: list[float]) -> tuple[float, float]:
    return min(degrees) - _MARGIN, max(degrees) + _MARGIN


def _label(canvas: Canvas, row: dict) -> str:
    name = canvas.read(row["name"])
    return f"{name} {canvas.value(row['first'], 'percent')}" if row["first"] >= 0.01 else name


def _anchor(dot: Dot, box: Box) -> tuple[float, str]:
    """Where the text is fixed: at its end that is nearest to the dot, so that a wider font grows away from it."""
    if box.x >= dot.x:
        return box.x, "left"
    return (box.x + box.width, "right") if box.x + box.width <= dot.x else (box.x + box.width / 2, "center")


def placed(dots: list[Dot], width: float, height: float, named: int) -> list[Box | None]:
    """Return a box for each dot's label inside `width` by `height` pixels, or None; no box meets another or any dot.

    The first `named` dots are served in order, each trying the sides and corners next to it first, then farther off.
    """
    taken = [Box(dot.x - dot.radius, dot.y - dot.radius, 2 * dot.radius, 2 * dot.radius) for dot in dots]
    boxes: list[Box | None] = []
    for dot in dots[:named]:
        free = (
            box
            for box in _around(dot)
            if 0 <= box.x <= width - box.width and 0 <= box.y <= height - _LINE and not any(map(box.meets, taken))
        )
        boxes.append(next(free, None))
        taken += boxes[-1:] if boxes[-1] else []
    return boxes + [None] * (len(dots) - len(boxes))


def _around(dot: Dot) -> list[Box]:
    wide = text_width(dot.label, SMALL, bold=True)
    boxes = []
    for gap in (3, 9):
        for across, up in _DIRECTIONS:
            reach = (dot.radius + gap) / hypot(across, up)
            x = dot.x + across * reach - wide * (1 - across) / 2
            boxes.append(Box(x, dot.y + up * reach - _LINE * (1 - up) / 2, wide, _LINE))
    return boxes
