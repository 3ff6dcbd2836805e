"""What went in and what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bigmodel_utils.data.account import message_of
from bigmodel_utils.messages import Message
from bigmodel_utils.report import palette
from bigmodel_utils.report.canvas import SMALL, Canvas, text_width, wrapped
from bigmodel_utils.report.chart import Chart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_KIND_COLOURS = {"raw": palette.LINE, "dropped": palette.GOLD_SOFT, "changed": palette.SLATE_SOFT, "kept": palette.ACCENT_SOFT}
_KIND_COLOURS["added"] = palette.SLATE_SOFT
_KIND_NAMES = {"raw": Message("raw"), "dropped": Message("dropped"), "changed": Message("changed"), "kept": Message("kept")}
_KIND_NAMES["added"] = Message("added")
_ROW = 27
_WIDEST_NAME = 330


def account(table: pd.DataFrame) -> Chart:
    """Return every row accounted for: dropped, changed and kept, per market.

    table: market (source | target), kind (raw | dropped | changed | kept), reason, rows. Lines of no rows are left out.
    """
    lines = table[table["rows"] > 0]
    totals = {(market, kind): int(group["rows"].sum()) for (market, kind), group in lines.groupby(["market", "kind"])}
    markets = [market for market in ("source", "target") if (lines["market"] == market).any()]
    kept = [totals.get((market, "kept"), 0) for market in markets]
    dropped = sum(rows for (_, kind), rows in totals.items() if kind == "dropped")
    if len(markets) == 2:
        finding = Message(
            "{source:integer} rows of the home market and {target:integer} of the target market stay; "
            "{dropped:integer} are left out",
            source=kept[0],
            target=kept[1],
            dropped=dropped,
        )
    else:
        market = palette.MARKET_NAMES[markets[0]]
        finding = Message(
            "{kept:integer} rows of the {market} stay, {dropped:integer} are left out",
            kept=kept[0],
            market=market,
            dropped=dropped,
        )
    alt = Message(
        "Bars of rows by what became of them: {kept:integer} kept, {dropped:integer} dropped in all.",
        kept=sum(kept),
        dropped=dropped,
    )
    note = Message("Each row of the raw data is counted once as kept or dropped; changed rows are among the kept.")
    return Chart(finding, alt, note, lambda canvas: _account(canvas, lines))


def _account(canvas: Canvas, lines: pd.DataFrame) -> None:
    groups = [(market, lines[lines["market"] == market].to_dict("records")) for market in ("source", "target")]
    groups = [(market, rows) for market, rows in groups if rows]
    count = sum(len(rows) + 1 for _, rows in groups)
    longest = max(text_width(_named(canvas, row), SMALL) for _, rows in groups for row in rows)
    left, row_height = (0, 40) if canvas.narrow else (min(longest + 14, _WIDEST_NAME), _ROW)
    axes = canvas.axes(height=count * row_height + 10, left=left, right=64, top=4, bottom=4)
    axes.set_xlim(0, float(lines["rows"].max()))
    axes.set_ylim(-count + 0.5, 0.5)
    y = 0.0
    for market, rows in groups:
        canvas.label(axes, 0, y, canvas.read(palette.MARKET_NAMES[market]), bold=True, ha="left", dx=-left)
        for row in rows:
            y -= 1
            _bar(canvas, axes, y, row, left)
        y -= 1


def _bar(canvas: Canvas, axes: Axes, y: float, row: dict, left: float) -> None:
    """Draw one line of the account; on a phone its name stands above the bar."""
    bar, height, lift = (y - 0.12, 0.4, 13) if canvas.narrow else (y, 0.66, 0)
    axes.barh(bar, row["rows"], height=height, color=_KIND_COLOURS[row["kind"]])
    name = wrapped(_named(canvas, row), (left or canvas.width) - 14, SMALL, most=1)
    canvas.label(axes, 0, y, name, ha="left", dx=-left, dy=lift, size=SMALL)
    canvas.label(axes, row["rows"], bar, canvas.value(row["rows"], "integer"), palette.MUTE, ha="left", dx=6, size=SMALL)


def _named(canvas: Canvas, row: dict) -> str:
    kind = _KIND_NAMES[row["kind"]]
    return canvas.read(Message("{kind}: {reason}", kind=kind, reason=message_of(row)) if row["reason"] else kind)


def lengths(table: pd.DataFrame) -> Chart:
    """Return how long texts are, one strip per market and label: middle half, 5th to 95th percentile, median.

    table: market, label, p5, p25, p50, p75, p95 (characters).
    """
    table = _one_part(table)
    rows = table.to_dict("records")
    medians = {market: float(group["p50"].median()) for market, group in table.groupby("market")}
    finding = Message(
        "Half of the texts are longer than {source:integer} characters at home, {target:integer} in the target market",
        source=medians.get("source", 0),
        target=medians.get("target", 0),
    )
    alt = Message(
        "Strips of text length for {count} groups; the longest reaches {longest:integer} characters at its 95th percentile.",
        count=len(rows),
        longest=float(table["p95"].max()),
    )
    note = Message("Dot: median; thick: middle half; thin: 5th to 95th percentile, in characters. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _strips(canvas, rows))


def _one_part(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the training part where the table tells parts apart: test parts are balanced on purpose."""
    return table[table["part"] == "train"] if "part" in table else table


def _strips(canvas: Canvas, rows: list[dict]) -> None:
    names = [
        canvas.read(
            Message("{what}, {where}", what=palette.MARKET_NAMES[row["market"]], where=Message("{label}", label=row["label"]))
        )
        for row in rows
    ]
    left = min(150 if canvas.narrow else 230, max(text_width(name) for name in names) + 18)
    axes = canvas.axes(height=len(rows) * (44 if canvas.narrow else 32) + 12, left=left, right=44, top=4, bottom=8)
    axes.set_xlim(0, max(row["p95"] for row in rows))
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    axes.axvline(0, color=palette.LINE, linewidth=1)
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        colour = palette.MARKET_COLOURS[row["market"]]
        axes.plot([row["p5"], row["p95"]], [-place, -place], color=colour, linewidth=1.5)
        axes.plot([row["p25"], row["p75"]], [-place, -place], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt")
        axes.plot(row["p50"], -place, "o", color=colour, markersize=9, markeredgewidth=0)
        canvas.label(axes, 0, -place, wrapped(name, left - 14, most=2), ha="left", dx=-left)
        canvas.label(axes, row["p95"], -place, canvas.value(row["p95"], "integer"), palette.MUTE, ha="left", dx=6, size=SMALL)
        canvas.label(axes, row["p50"], -place, canvas.value(row["p50"], "integer"), colour, ha="center", dy=-12, size=11)


def label_shares(table: pd.DataFrame) -> Chart:
    """Return the share of each label, one bar per market.

    table: market (source | target), label, rows.
    """
    table = _one_part(table)
    markets = [market for market in ("source", "target") if (table["market"] == market).any()]
    shares = {}
    for market in markets:
        rows = table[table["market"] == market].groupby("label", sort=True)["rows"].sum()
        shares[market] = {str(label): float(count / rows.sum()) for label, count in rows.items()}
    label = next(iter(shares[markets[0]]))
    finding = Message(
        "{label}: {source:percent} of the rows at home, {target:percent} in the target market",
        label=Message(label),
        source=shares.get("source", {}).get(label),
        target=shares.get("target", {}).get(label),
    )
    alt = Message("One bar per market, divided into {count} labels.", count=len(shares[markets[0]]))
    note = Message("Share of labels among all rows kept. Measured in this run.")
    return Chart(finding, alt, note, lambda canvas: _shares(canvas, shares))


def _shares(canvas: Canvas, shares: dict[str, dict[str, float]]) -> None:
    colours = [palette.GOLD_SOFT, palette.ACCENT_SOFT, palette.SLATE_SOFT, palette.LINE]
    axes = canvas.axes(height=78 * len(shares), left=0, right=0, top=0, bottom=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(-2 * len(shares) + 0.4, 0.9)
    for place, (market, parts) in enumerate(shares.items()):
        start, y = 0.0, -2 * place
        canvas.label(axes, 0, y + 0.3, canvas.read(palette.MARKET_NAMES[market]), bold=True, ha="left")
        for number, (label, share) in enumerate(parts.items()):
            axes.barh(y - 0.5, share, left=start, height=0.8, color=colours[number % len(colours)])
            text = f"{canvas.read(label)} {canvas.value(share, 'percent')}"
            fits = text_width(text, SMALL) + 14 < share * canvas.width
            text = text if fits else canvas.value(share, "percent")
            if text_width(text, SMALL) + 14 < share * canvas.width:
                canvas.label(axes, start, y - 0.5, text, ha="left", dx=8, size=SMALL)
            start += share
