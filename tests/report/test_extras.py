"""Paper, workbook and index: the same numbers as the brief."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, Visit, chromium
from finished_run import written_run

from bigmodel_utils import paths
from bigmodel_utils.artifacts import Run
from bigmodel_utils.report import overview, pdf, site, workbook
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.workbook import Formula
from bigmodel_utils.value import venture


@pytest.fixture(scope="module")
def folder(run: Run) -> Path:
    return site.render(run, {})


def test_formulas_follow_the_arithmetic() -> None:
    a, b = Formula("a"), Formula("b")
    assert np.maximum(0, 1 - a / b).text == "MAX(0,(1-(a/b)))"
    assert (-a * 2 + np.exp(b) ** 2).text == "(((0-a)*2)+(EXP(b)^2))"


def test_workbook_recomputed_by_an_independent_reader_agrees(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    reader = pytest.importorskip("formulas", reason="the independent reader 'formulas' is not installed")
    evidence = Evidence(written_run("reviews_us_to_cn", **{"decision.horizon_years": 2}))  # the reader is slow: 24 months do
    file = workbook.write(evidence, tmp_path)
    computed = reader.ExcelModel().loads(str(file)).finish().calculate()
    npv, lowest, end = (float(computed[f"'[{workbook.FILE}]CASH'!C{row}"].value[0, 0]) for row in (1, 2, 3))
    cash = venture.monthly_cash(evidence.inputs, 24)
    assert npv == pytest.approx(venture.net_present_value(cash, evidence.inputs["discount_rate"]), rel=1e-9)
    assert lowest == pytest.approx(np.cumsum(cash).min(), rel=1e-9)
    assert end == pytest.approx(sum(cash), rel=1e-9)


def test_data_text_in_the_workbook_is_never_a_formula(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    hostile = written_run("reviews_us_to_cn", title="=HYPERLINK(1)", **{"assumptions.label_usd.source": "@SUM(1+1)"})
    book = openpyxl.load_workbook(workbook.write(Evidence(hostile), tmp_path))
    assert book["Inputs"]["A1"].data_type == "s"
    assert all(cell.data_type != "f" for row in book["Inputs"].iter_rows() for cell in row)
    assert book["Cash"]["C1"].data_type == "f"


@pytest.mark.parametrize(("name", "language", "paper"), [("gone", "en", "A4"), ("index", "xx", "A4"), ("index", "en", "B5")])
def test_what_cannot_be_printed_is_refused(tmp_path: Path, name: str, language: str, paper: str) -> None:
    (tmp_path / "index.html").touch()
    with pytest.raises(pdf.PrintError):
        pdf.write(tmp_path / f"{name}.html", language, paper)
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(("language", "paper"), [("en", "A4"), ("zh", "Letter")])
def test_paper_shows_the_same_numbers(folder: Path, run: Run, language: str, paper: str) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed")
    file = pdf.write(folder / "index.html", language, paper)
    assert file.read_bytes()[:5] == b"%PDF-"
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    probability = round(100 * run.json("08_decide", "decision")["probability"])
    assert str(probability) in text
    assert ("Next steps" if language == "en" else "下一步") in text
    assert text.count("\f") <= 4


def test_index_lists_runs_with_the_change(folder: Path) -> None:
    written_run("reviews_us_to_cn", seed=11)
    site.render(written_run("reviews_us_to_cn", seed=12), {})
    found = overview.outcomes("reviews_us_to_cn")
    assert len(found) >= 3
    html = (paths.reports() / "index.html").read_text(encoding="utf-8")
    assert 'href="reviews_us_to_cn/index.html"' in html
    assert f"All {len(found)} runs" in html
    assert all(outcome.run in html for outcome in found)
    with chromium() as browser:
        visit = Visit(browser, paths.reports() / "index.html", "#zh", viewport={"width": 390, "height": 800})
        assert visit.complaints == []
        assert visit.outside == []
        assert "所有报告" in visit.page.inner_text("h1")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_index_of_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("BIGMODEL_HOME", str(tmp_path))
    assert "No run has come to an answer yet" in overview.page(run.scenario).main


def test_manifest_changes_with_the_results(run: Run) -> None:
    before = Evidence(run).manifest
    done = run.folder / "08_decide" / "done.json"
    kept = done.read_text(encoding="utf-8")
    done.write_text(json.dumps(json.loads(kept) | {"stage": "other"}), encoding="utf-8")
    assert Evidence(run).manifest != before
    done.write_text(kept, encoding="utf-8")
