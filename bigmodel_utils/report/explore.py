"""Widgets for the person at the keyboard; the batch run leaves their cells out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.report import charts, names, palette
from bigmodel_utils.report.chart import LAB_STYLE, Chart
from bigmodel_utils.report.heat_map import shaded
from bigmodel_utils.report.markup import plain

if TYPE_CHECKING:
    from ipywidgets import VBox

    from bigmodel_utils.evaluation.judgement import Judgement
    from bigmodel_utils.evaluation.predict import Classifier
    from bigmodel_utils.value.valuation import Valuation

SLIDERS = 5
DRAWS = 2000


def cash(worth: Valuation) -> VBox:
    """Return sliders for the inputs that move the value most, and the cash flow that follows them.

    A slider holds its input at one value; all others keep their draws.
    """
    from bigmodel_utils.value import sensitivity

    widest = sensitivity.tornado(worth.marginals, worth.years).head(SLIDERS)
    sliders = {
        row.assumption: slider(
            plain(names.assumption(row.assumption), "en"), row.low_value, row.high_value, worth.marginals[row.assumption].p50
        )
        for row in widest.itertuples()
    }
    return linked(sliders, lambda **held: _cash_chart(worth, held))


def threshold(judged: Judgement, line: float) -> VBox:
    """Return a slider for the threshold; M_B's counts at it, and what its errors cost per 1,000 texts of live traffic."""
    from ipywidgets import HTML, VBox

    from bigmodel_utils.evaluation.judgement import count_table
    from bigmodel_utils.value.threshold import cost_by_threshold

    names = ("complaint_share", "missed_complaint_usd", "needless_contact_usd")
    held = [judged.scenario.assumption(name).mid for name in names]
    costs = cost_by_threshold(judged.predictions["b"].to_numpy(), judged.is_event, *held).sort_values("threshold")
    told = HTML()

    def draw(at: float) -> Chart:
        place = min(int(costs["threshold"].searchsorted(at)), len(costs) - 1)
        usd, best = float(costs["usd_per_thousand"].iloc[place]), float(costs["usd_per_thousand"].min())
        told.value = f"<p>errors cost ${usd:.2f} per 1,000 texts; the cheapest threshold on these rows ${best:.2f}</p>"
        return charts.confusion(count_table(judged.counts(at)), "b")

    widget = linked({"at": slider("threshold", 0.01, 0.99, line)}, draw)
    return VBox([*widget.children, told])


def sentence(readers: dict[str, Classifier], example: str) -> VBox:
    """Return a text box, and what each model in `readers` answers to its text and which pieces it rests on."""
    from ipywidgets import HTML, Text, VBox

    box, answer = Text(example, description="text", continuous_update=False, layout={"width": "640px"}), HTML()

    def show(_: Any = None) -> None:
        lines = [_answered(name, reader, box.value) for name, reader in readers.items()] if box.value.strip() else []
        text = "".join(lines) or "<p>type a text in either language</p>"
        answer.value = f'<div style="{LAB_STYLE}">{text}</div>'

    box.observe(show, names="value")
    show()
    return VBox([box, answer])


def _answered(name: str, reader: Classifier, text: str) -> str:
    from bigmodel_utils.evaluation.attribution import attribute

    parts = attribute(reader, text)
    model = escape(plain(palette.model_name(name), "en"))
    return f"<p><b>{model}</b>: {escape(parts.label)}, {parts.probability:.0%}<br>{shaded(parts, lab=True)}</p>"


def _cash_chart(worth: Valuation, held: dict[str, float]) -> Chart:
    import pandas as pd

    from bigmodel_utils.value import accounts, simulation

    draws = {name: values[:DRAWS] for name, values in worth.draws.items()}
    draws |= {name: np.full_like(draws[name], value) for name, value in held.items()}
    paths = simulation.run(draws, worth.years)
    levels = np.percentile(paths.cumulative, accounts.PERCENTILES, axis=1)
    table = pd.DataFrame({f"p{p}": level for p, level in zip(accounts.PERCENTILES, levels, strict=True)})
    back = float(np.median(paths.payback))
    return charts.cash_fan(table.rename_axis("month").reset_index(), back if back < len(table) else None)


def slider(label: str, low: float, high: float, value: float) -> Any:
    """Return a slider with a hundred steps between `low` and `high`, standing at `value`."""
    from ipywidgets import FloatSlider

    return FloatSlider(
        value, min=low, max=high, step=(high - low) / 100, description=label, continuous_update=False, readout_format=".3g",
        style={"description_width": "240px"}, layout={"width": "640px"},
    )  # fmt: skip


def linked(sliders: dict[str, Any], draw: Callable[..., Chart]) -> VBox:
    """Return the sliders above the chart that `draw` makes of their values (by name), redrawn when one moves."""
    from ipywidgets import HTML, VBox

    picture = HTML()

    def show(_: Any = None) -> None:
        chart = draw(**{name: each.value for name, each in sliders.items()})
        picture.value = f"<p><b>{escape(plain(chart.finding, 'en'))}</b></p>{chart.svg()}"

    for each in sliders.values():
        each.observe(show, names="value")
    show()
    children: Sequence[Any] = [*sliders.values(), picture]
    return VBox(children)
