"""The cash flow as live Excel formulas, for the finance reader who wants to change a cell. An extra: needs openpyxl.

The formulas come out of the engine's own functions, called with Excel expressions instead of numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bigmodel_utils.messages import Message
from bigmodel_utils.report import names
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import plain
from bigmodel_utils.value import venture

FILE = "cash_flow.xlsx"
_UFUNCS = {np.exp: "EXP", np.maximum: "MAX"}
_LABELS = {
    "month": Message("month"),
    "adopted": Message("{customers} who have ever joined"),
    "joined": Message("{customers} joining"),
    "merchants": Message("{customers} served"),
    "thousands": Message("thousands of items read"),
    "worth": Message("worth of the local currency, today 1"),
    "operating": Message("operating result, USD"),
    "owed": Message("owed by customers, USD"),
    "earned": Message("result since the start, USD"),
    "taxable": Message("taxable profit, USD"),
    "taxed": Message("profit taxed so far, USD"),
    "cash": Message("cash after tax, USD"),
    "cumulative": Message("cumulative cash, USD"),
    "discounted": Message("value today, USD"),
}
_ROWS = tuple(_LABELS)
_RESULTS = {
    "npv": Message("net present value, USD"),
    "lowest": Message("lowest cash, USD"),
    "end": Message("cash at the end, USD"),
}
_CONSTANTS = {
    "price": Message("price of 1,000 {items}, USD"),
    "serving": Message("machines for 1,000 {items}, USD"),
    "final": Message("{customers} won in the long run"),
    "stay": Message("share of {customers} who stay for a month"),
    "drift": Message("local currency after a month, today 1"),
}
_TOP = 2 + len(_RESULTS) + len(_CONSTANTS)  # first line of the months
_PLACES = {name: f"$C${place}" for place, name in enumerate((*_RESULTS, *_CONSTANTS), 1)}
_WHOLE, _SMALL, _SHARE = "#,##0;[Red]-#,##0", "#,##0.0000", "0.0%"
_INPUT_BLUE = "0000FF"  # bankers' custom: what may be changed is blue, what is computed black


class Formula:
    """An Excel expression that takes part in Python arithmetic: `Formula("a") * 2` reads `(a*2)`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Formula:
        return Formula(f"{_UFUNCS[ufunc]}({','.join(map(_text, inputs))})")

    def __neg__(self) -> Formula:
        return Formula(f"(0-{self.text})")

    def __add__(self, other: Any) -> Formula:
        return _joined(self, "+", other)

    def __radd__(self, other: Any) -> Formula:
        return _joined(other, "+", self)

    def __sub__(self, other: Any) -> Formula:
        return _joined(self, "-", other)

    def __rsub__(self, other: Any) -> Formula:
        return _joined(other, "-", self)

    def __mul__(self, other: Any) -> Formula:
        return _joined(self, "*", other)

    def __rmul__(self, other: Any) -> Formula:
        return _joined(other, "*", self)

    def __truediv__(self, other: Any) -> Formula:
        return _joined(self, "/", other)

    def __rtruediv__(self, other: Any) -> Formula:
        return _joined(other, "/", self)

    def __pow__(self, other: Any) -> Formula:
        return _joined(self, "^", other)


def _text(value: Any) -> str:
    if isinstance(value, Formula):
        return value.text
    return repr(value.item() if isinstance(value, np.generic) else value)


def _joined(left: Any, sign: str, right: Any) -> Formula:
    return Formula(f"({_text(left)}{sign}{_text(right)})")


def is_possible() -> bool:
    """Whether openpyxl is installed."""
    return find_spec("openpyxl") is not None


def write(evidence: Evidence, folder: Path) -> Path:
    """Write the workbook of a run into `folder` and return its path; equal runs give equal bytes."""
    from openpyxl import Workbook

    book = Workbook()
    _inputs(book.active, evidence)
    _cash(book.create_sheet("Cash"), 12 * evidence.scenario.decision.horizon_years)
    target = folder / FILE
    target.write_bytes(_timeless(book))
    return target


def _inputs(sheet: Any, evidence: Evidence) -> None:
    from openpyxl.styles import Font
    from openpyxl.workbook.defined_name import DefinedName

    sheet.title = "Inputs"
    _line(sheet, 1, [evidence.scenario.title], bold=True)
    _line(sheet, 2, ["name", "value", "what", "说明", "unit", "origin", "source"], bold=True)
    for place, name in enumerate(venture.INPUTS, 3):
        given = evidence.scenario.assumptions.get(name)
        what = names.assumption(name)
        origin = ["assumed", given.source] if given else ["measured or priced", "this run"]
        unit, value = given.unit if given else "", evidence.inputs[name]
        _line(sheet, place, [name, value, plain(what, "en"), plain(what, "zh"), unit, *origin])
        sheet[f"B{place}"].font = Font(color=_INPUT_BLUE)
        sheet[f"B{place}"].number_format = _format(value, name in venture.SHARES or unit == "per year")
        sheet.parent.defined_names[f"in_{name}"] = DefinedName(f"in_{name}", attr_text=f"Inputs!$B${place}")
    for column, width in zip("ABCDEFG", (28, 14, 40, 30, 20, 18, 70), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "B3"


def _format(value: float, is_share: bool) -> str:
    return _SHARE if is_share else _WHOLE if abs(value) >= 1000 else _SMALL


def _cash(sheet: Any, months: int) -> None:
    """Results and constants stand on top, live; months run to the right from column D."""
    from openpyxl.utils import get_column_letter

    x = {name: Formula(f"in_{name}") for name in venture.INPUTS}
    last = get_column_letter(months + 4)
    results = {
        "npv": Formula(f"SUM(D{_row('discounted')}:{last}{_row('discounted')})"),
        "lowest": Formula(f"MIN(D{_row('cumulative')}:{last}{_row('cumulative')})"),
        "end": Formula(f"{last}{_row('cumulative')}"),
    }
    constants = {
        "price": venture.price_usd_per_thousand(x),
        "serving": venture.serving_usd_thousand(x),
        "final": venture.won_merchants(x),
        "stay": (1 - x["merchant_churn_year"]) ** (1 / 12),
        "drift": x["currency_year"] ** (1 / 12),
    }
    for place, (name, message) in enumerate((_RESULTS | _CONSTANTS).items(), 1):
        formula = (results | constants)[name]
        _line(sheet, place, [plain(message, "en"), plain(message, "zh"), f"={formula.text}"], bold=name in results)
        sheet[f"C{place}"].number_format = _WHOLE if name in (*results, "final") else _SMALL
    for name in _ROWS:
        _line(sheet, _row(name), [plain(_LABELS[name], "en"), plain(_LABELS[name], "zh")], bold=name in ("month", "cumulative"))
    for month in range(months + 1):
        for name, formula in _month(x, get_column_letter(month + 4), get_column_letter(month + 3), month, months).items():
            cell = sheet[f"{get_column_letter(month + 4)}{_row(name)}"]
            cell.value = formula if isinstance(formula, int) else f"={_text(formula)}"
            cell.number_format = _SMALL if name == "worth" else _WHOLE
        sheet.column_dimensions[get_column_letter(month + 4)].width = 12
    for column, width in zip("ABC", (38, 28, 14), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = f"D{_TOP + 1}"


def _month(x: dict[str, Formula], here: str, before: str, month: int, months: int) -> dict[str, Any]:
    """Return one column: the same steps as `venture.monthly_cash`, each in a row of its own."""
    now = {name: Formula(f"{here}{_row(name)}") for name in _ROWS}
    past = {name: Formula(f"{before}{_row(name)}") for name in _ROWS}
    value = now["cash"] * (1 + x["discount_rate"]) ** (-now["month"] / 12)
    if month == 0:
        start = dict.fromkeys(_ROWS, 0) | {
            "worth": 1,
            "operating": -venture.setup_usd(x),
            "earned": now["operating"],
            "cash": now["operating"],
        }
        return start | {"cumulative": now["cash"], "discounted": value}
    price, serving, final, stay, drift = (Formula(_PLACES[name]) for name in _CONSTANTS)
    return {
        "month": month,
        "adopted": final * venture.open_share(now["month"], x["rules_delay_months"], x["adoption_p"], x["adoption_q"]),
        "joined": now["adopted"] - past["adopted"],
        "merchants": past["merchants"] * stay + now["joined"],
        "thousands": now["merchants"] * x["reviews_per_merchant_month"] / 1000,
        "worth": past["worth"] * drift,
        "operating": venture.operating_usd_month(x, now["thousands"], now["joined"], price, serving, now["worth"]),
        "owed": venture.owed_usd(x, now["thousands"] * price * now["worth"], months - month),
        "earned": past["earned"] + now["operating"],
        "taxable": np.maximum(0, now["earned"] - past["taxed"]),
        "taxed": past["taxed"] + now["taxable"],
        "cash": now["operating"] - (now["owed"] - past["owed"]) - venture.tax_usd(x, now["taxable"]),
        "cumulative": past["cumulative"] + now["cash"],
        "discounted": value,
    }


def _row(name: str) -> int:
    return _TOP + _ROWS.index(name)


def _line(sheet: Any, row: int, values: list[Any], bold: bool = False) -> None:
    """Write one line; text that is not ours to compute can never become a formula."""
    from openpyxl.styles import Font

    for column, value in enumerate(values, 1):
        if value == "":
            continue
        cell = sheet.cell(row=row, column=column, value=value)
        cell.font = Font(bold=bold)
        formula = isinstance(value, str) and sheet.title == "Cash" and value.startswith("=")
        if isinstance(value, str) and not formula:
            cell.data_type = "s"
            cell.quotePrefix = value[:1] in "=+-@\t\r"


def _timeless(book: Any) -> bytes:
    """Return the file without the moment of writing, which Excel's format stores in two places."""
    raw, clean = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(item.filename, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return clean.getvalue()
