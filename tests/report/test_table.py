"""Tables, names and the typeface: small promises that every page relies on."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from bigmodel_utils import report, scenario
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.messages import Message
from bigmodel_utils.report import Column, Table, font, names
from bigmodel_utils.report.scale import nice_ticks
from bigmodel_utils.report.table import LONGEST_OPEN
from bigmodel_utils.value import venture

COLUMNS = [Column("what", Message("what")), Column("share", Message("share"), "percent1", unit=Message("USD"))]


def table(rows: int) -> Table:
    frame = pd.DataFrame({"what": ["<b>x</b> & {y} **z**"] * rows, "share": [0.5] * (rows - 1) + [None]})
    return Table.of(Message("{count} rows", count=rows), frame, COLUMNS, Message("Measured in this run."), best=0)


def test_cells_are_text_numbers_have_formats_and_gaps_a_dash() -> None:
    html = table(3).html()
    assert "&lt;b&gt;x&lt;/b&gt; &amp; {y} **z**" in html
    assert '<tr class="best">' in html
    assert '<td class="n">50.0%</td>' in html
    assert html.count(">–<") == 1
    assert html.count('<p class="finding">') == 1


def test_lists_are_translated_and_what_programs_read_is_not() -> None:
    columns = [
        Column("key", Message("setting"), "code"),
        Column("skills", Message("what")),
        Column("day", Message("date"), "date"),
    ]
    row = {"key": "train", "skills": [Message("home market"), "<b>"], "day": "2026-11-01"}
    html = Table(Message("{n} rows", n=1), columns, [row, {"skills": []}], Message("Measured in this run.")).html()
    assert '<th scope="row"><code>train</code></th>' in html
    assert '<td><span lang="en">home market</span><span lang="zh">本土市场</span> · &lt;b&gt;</td>' in html
    assert html.count("<td>–</td>") == 2
    assert 'class="n"' not in html


def test_a_long_table_is_folded_under_its_finding() -> None:
    assert table(LONGEST_OPEN).html().startswith("<figure")
    assert table(LONGEST_OPEN + 1).html().startswith('<details class="rows"><summary>')
    assert table(LONGEST_OPEN + 1).html(titled=False).startswith("<figure")


def test_lab_and_report_show_the_same_rows() -> None:
    bundle = table(3)._repr_mimebundle_()
    assert bundle["text/html"].count("50.0%") == bundle["application/vnd.bigmodel.html+json"]["html"].count("50.0%")


def test_assumptions_name_source_and_date_and_refuse_a_typo() -> None:
    chosen = scenario.load("smoke")
    html = report.assumptions(chosen, ["label_usd"]).html()
    assert "planner&#x27;s range: two readings and a check" in html
    assert "2026年11月1日" in html
    with pytest.raises(BigModelError, match="label_usd"):
        report.assumptions(chosen, ["label_usb"])


@pytest.mark.parametrize("name", scenario.names())
def test_every_input_has_a_name_for_the_reader(name: str) -> None:
    wanted = set(scenario.load(name).assumptions) | set(venture.INPUTS)
    unnamed = sorted(key for key in wanted if names.assumption(key).values)
    assert unnamed == []


def test_typeface_is_repeatable_and_optional(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if font.source() is None:
        pytest.skip("the font package justmytype-intl-cjk is not installed")
    cuts = []
    for workspace in ("one", "two"):  # each with its own kept cuts
        monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path / workspace))
        cuts.append(font.Typeface(["结论", "进入"]).css("结论"))
    assert cuts[0] == cuts[1] != font.Typeface(["结论", "进入"]).css("进入")
    monkeypatch.setattr(font, "_subset", lambda *_: pytest.fail("a cut that is kept was cut again"))
    assert font.Typeface(["结论", "别的"]).css("结论") == cuts[0]

    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert font.Typeface(["结论"]).css("结论") == ""


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2e6, 5.1e6), (0.52, 0.87), (7, 7), (0, 0), (1e-9, 3e-9)])
def test_ticks_are_round_and_enclose(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 1 <= len(ticks) <= 12
