"""A drawing surface measured in CSS pixels, in one language and one width."""

from __future__ import annotations

import io
import logging
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette, svg
from bigmodel_utils.report.markup import plain, shown_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTHS = {"wide": 640, "narrow": 340}
TEXT = 13.0
SMALL = 12.0
_LONG = 8  # signs of a word that nobody would split before
_LEADING, _ABOVE = 1.2, {"center": 0.5, "bottom": 1.0}  # line height; share of the lines that stand above the point
_RC = {"svg.fonttype": "none", "svg.hashsalt": "bigmodel", "text.parse_math": False, "path.simplify": True}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


class Canvas:
    """One variant of a chart. `height` and margins are CSS pixels; data coordinates are the axes' own."""

    def __init__(self, language: str, width: str) -> None:
        from matplotlib.figure import Figure

        self.language, self.narrow, self.width = language, width == "narrow", WIDTHS[width]
        self.figure = Figure(dpi=72)

    def axes(self, height: float, left: float = 0, right: float = 0, top: float = 8, bottom: float = 26) -> Axes:
        """Return the one set of axes of this canvas: no frame, no ticks, no clipping."""
        self.figure.set_size_inches(self.width / 72, height / 72)
        return self.panel(left, bottom, self.width - left - right, height - top - bottom)

    def panel(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return further axes at pixel `x`, `y` from the lower left corner of the canvas."""
        full_width, full_height = self.figure.get_size_inches() * 72
        axes = self.figure.add_axes((x / full_width, y / full_height, width / full_width, height / full_height))
        axes.patch.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, pad=7, labelsize=SMALL, labelcolor=palette.MUTE)
        axes.tick_params(axis="x", pad=10)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.margins(0)
        return axes

    def read(self, text: Message | str) -> str:
        return plain(text, self.language)

    def value(self, value: Any, spec: str) -> str:
        return shown_value(value, spec, self.language)

    def amounts(self, ticks: list[float]) -> list[str]:
        """Return money at `ticks` as labels."""
        return [self.value(tick, "money") if tick else "0" for tick in ticks]

    def grid(self, axes: Axes, ticks: list[float], labels: list[str], axis: str = "y") -> None:
        """Draw thin lines across the axes at `ticks` and write `labels` beside them."""
        line = axes.axhline if axis == "y" else axes.axvline
        for tick in ticks:
            line(tick, color=palette.LINE, linewidth=1, zorder=0)
        (axes.set_yticks if axis == "y" else axes.set_xticks)(ticks, labels)

    def ends_inside(self, axes: Axes) -> None:
        """Let the first and the last label under the axes begin and end with them: nothing then leaves the page."""
        labels = axes.get_xticklabels()
        labels[0].set_ha("left")
        labels[-1].set_ha("right")

    def label(
        self, axes: Axes, x: float, y: float, text: str, colour: str = palette.INK, bold: bool = False, **how: Any
    ) -> None:
        """Write `text` at data point (x, y), moved by `dx`, `dy` pixels; `ha`, `va`, `size` as in Matplotlib.

        Each line is written by itself: Matplotlib would align lines by the widths of another font than the page's.
        """
        dx, dy = how.pop("dx", 0), how.pop("dy", 0)
        style = {
            "va": "center",
            "size": TEXT,
            "color": palette.IN_WORDS.get(colour, colour),
            "weight": "bold" if bold else "normal",
            **how,
        }
        lines = text.split("\n")
        first = (len(lines) - 1) * _ABOVE[style["va"]]
        for place, line in enumerate(lines):
            shift = (dx, dy + _LEADING * style["size"] * (first - place))
            axes.annotate(line, (x, y), xytext=shift, textcoords="offset points", annotation_clip=False, **style)

    def svg(self, attributes: str) -> str:
        """Return the drawing as an inline SVG element."""
        import matplotlib as mpl

        buffer = io.StringIO()
        _without_clipping(self.figure)
        silenced = logging.getLogger("matplotlib.font_manager")
        level = silenced.level
        try:
            silenced.setLevel(logging.ERROR)
            with mpl.rc_context(_RC), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Glyph .* missing")  # layout only: the page brings the glyphs
                self.figure.savefig(buffer, format="svg", metadata=_NO_METADATA, transparent=True)
        finally:
            silenced.setLevel(level)
        return svg.cleaned(buffer.getvalue(), attributes)


def _without_clipping(figure: Any) -> None:
    figure.patch.set_visible(False)
    for artist in figure.findobj():
        artist.set_clip_on(False)


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return the width of `text` in pixels, near enough to lay out: Han glyphs are square, Latin a little over half."""
    latin = 0.57 if bold else 0.54
    return size * sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else latin for sign in text)


def wrapped(text: str, width: float, size: float = TEXT, most: int | None = None) -> str:
    """Return `text` broken into lines no wider than `width` pixels, at `most` so many; Chinese may break anywhere."""
    lines, line = [], ""
    for part in _parts(text):
        if line and text_width((line + part).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = part.lstrip()
        else:
            line += part
    lines.append(line)
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1].rstrip(' ,;:')}…"]
    return "\n".join(lines)


def _ends(part: str, then: str) -> bool:
    """Whether a line may break between `part` and the sign after it: a long key breaks after its stops."""
    in_key = part[-1] in "._/" and len(part) > _LONG and then.isalpha()
    return part[-1] == " " or in_key or unicodedata.east_asian_width(part[-1]) in "WF"


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        if parts and not wide and not _ends(parts[-1], sign):
            parts[-1] += sign
        else:
            parts.append(sign)
    return parts
