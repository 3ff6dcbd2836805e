"""Matplotlib's SVG comes out small: dots are circles, no ids, no styles."""

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from bigmodel_utils.report import svg


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
