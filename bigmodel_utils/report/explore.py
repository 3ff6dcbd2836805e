"""Widgets for the person at the keyboard; the batch run leaves their cells out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from bigmodel_utils.report import charts, names, palette
from bigmodel_utils.report.chart import Chart
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
    """Return a slider for the threshold, and M_B's counts at it."""
    from bigmodel_utils.evaluation.judgement import count_table

    sliders = {"at": slider("threshold", 0.01, 0.99, line)}
    return linked(sliders, lambda at: charts.confusion(count_table(judged.counts(at)), "b"))


def sentence(readers: dict[str, Classifier], example: str) -> VBox:
    """Return a text box, and what each model in `readers` answers to its text."""
    from ipywidgets import HTML, Text, VBox

    box, answer = Text(example, description="text", layout={"width": "640px"}), HTML()

    def show(_: Any = None) -> None:
        lines = [_answered(name, reader, box.value) for name, reader in readers.items()]
        answer.value = "".join(lines) if box.value.strip() else "<p>type a text in either language</p>"

    box.observe(show, names="value")
    show()
    return VBox([box, answer])


def _answered(name: str, reader: Classifier, text: str) -> str:
    shares = reader.probabilities([text])[0]
    best = int(shares.argmax())
    return f"<p><b>{escape(plain(palette.model_name(name), 'en'))}</b>: {escape(reader.labels[best])}, {shares[best]:.0%}</p>"


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
