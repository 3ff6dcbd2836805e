"""Matplotlib's SVG comes out small: dots are circles, no ids, no styles."""

import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from bigmodel_utils.report import palette, svg
from bigmodel_utils.report.canvas import Canvas, wrapped


def drawn(marker: str) -> str:
    figure = Figure(figsize=(2, 2), frameon=False)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.plot([1, 2, 3], [1, 3, 2], marker, markersize=8, markeredgewidth=0)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg")
    return svg.cleaned(buffer.getvalue(), 'class="wide"')


def test_dots_are_circles_of_their_size() -> None:
    picture = drawn("o")
    assert picture.count("<circle") == 3
    assert picture.count('r="4"') == 3
    assert "<path" not in picture


def test_other_markers_keep_their_shape() -> None:
    picture = drawn("s")
    assert picture.count("<path") == 3
    assert "<circle" not in picture


def test_nothing_is_named_or_styled() -> None:
    picture = drawn("o")
    assert " id=" not in picture
    assert "style=" not in picture


def test_a_long_key_breaks_after_its_stops_and_lines_too_many_end_in_dots() -> None:
    assert wrapped("target_market.split.train 600", 110) == "target_market.\nsplit.train 600"
    assert wrapped("M_B, 0.5", 30) == "M_B,\n0.5"
    assert wrapped("one two three four", 60, most=2) == "one two\nthree…"


def test_each_line_of_a_label_is_aligned_by_itself_and_pale_colours_are_darker_in_words() -> None:
    canvas = Canvas("en", "narrow")
    canvas.label(canvas.axes(height=100), 0.5, 0.5, "first\nsecond line", palette.GOLD, ha="right")
    drawn = re.findall(r"<text[^>]*>", canvas.svg(""))
    assert len(drawn) == 2
    assert all('text-anchor="end"' in text and 'fill="var(--gold-ink)"' in text for text in drawn)
    assert len({re.search(r' x="([^"]*)"', text)[1] for text in drawn}) == 1
