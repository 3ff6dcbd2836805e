"""The rendered reports in a real browser: no request, no complaint, both languages, hostile data as text, phone and paper."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import nbformat
import pytest
from browser import Visit, chromium
from finished_run import HOSTILE, written_run

from bigmodel_utils.artifacts import ArtifactError, Run
from bigmodel_utils.messages import MIME, Message
from bigmodel_utils.report import charts, font, overview, site
from bigmodel_utils.report.chart import MIME as FIGURE
from bigmodel_utils.value import venture

MAX_BYTES = 600_000
PAGES = ["index.html", "03_evaluate_model.html", "../index.html"]


def notebook(folder: Path, run: Run) -> Path:
    """An executed notebook as papermill leaves it: own figures, messages, a hostile frame, warnings, a tagged verdict."""
    nb = nbformat.v4.new_notebook()
    verdict = Message("Verdict: {share:percent} from {who}", share=0.85, who=HOSTILE)
    chart = charts.dots_with_intervals(run.table("03_evaluate_model", "scores"))._repr_mimebundle_()
    hostile_frame = f"<style>p{{}}</style><table><tr><td onclick='window.hacked=1'>{HOSTILE}</td></tr></table>"
    outputs = {
        "1 + 1": [nbformat.v4.new_output("stream", name="stderr", text="FutureWarning: noise")],
        "chart": [nbformat.v4.new_output("display_data", {FIGURE: chart[FIGURE], "text/html": chart["text/html"]})],
        "frame": [nbformat.v4.new_output("execute_result", {"text/html": hostile_frame, "text/plain": "frame"})],
        "print(review)": [nbformat.v4.new_output("stream", name="stdout", text=HOSTILE)],
    }
    cells = [
        nbformat.v4.new_markdown_cell(
            "# How good is it?\n\nA subtitle with <b>raw HTML</b> and **bold**.\n\n## Next steps\n\n- Reset\n"
        ),
        nbformat.v4.new_code_cell("scenario = 'x'  # hidden-parameter", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("slider()  # hidden-explore", metadata={"tags": ["explore"]}),
    ]
    cells += [nbformat.v4.new_code_cell(source, outputs=given) for source, given in outputs.items()]
    result = [nbformat.v4.new_output("execute_result", {MIME: verdict.to_json(), "text/plain": "v"})]
    cells += [
        nbformat.v4.new_markdown_cell("## Verdict"),
        nbformat.v4.new_code_cell("v", outputs=result, metadata={"tags": ["verdict"]}),
    ]
    nb.cells = cells
    path = folder / "03_evaluate_model.ipynb"
    nbformat.write(nb, path)
    return path


@pytest.fixture(scope="module")
def reports(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site.render(run, {"03_evaluate_model": notebook(tmp_path_factory.mktemp("executed"), run)})


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("file", PAGES)
@pytest.mark.parametrize(("fragment", "width"), [("", 1280), ("#zh", 1280), ("#zh", 390), ("", 390), ("", 820)])
def test_no_request_no_complaint_no_sideways_scroll(reports: Path, browser, file: str, fragment: str, width: int) -> None:
    visit = Visit(browser, reports / file, fragment, viewport={"width": width, "height": 900})
    assert visit.outside == []
    assert visit.complaints == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.close()


@pytest.mark.parametrize("file", PAGES)
def test_hostile_data_is_text(reports: Path, browser, file: str) -> None:
    visit = Visit(browser, reports / file)
    assert visit.page.evaluate("window.hacked") is None
    assert visit.page.locator("img").count() == 0
    assert "<script>window.hacked = 1</script>" in visit.page.inner_text("body")
    visit.page.close()


def test_the_verdict_is_on_the_first_screen_in_both_languages(reports: Path, browser) -> None:
    visit = Visit(browser, reports / "index.html")
    headline = visit.page.locator("h1")
    english = headline.inner_text()
    assert headline.bounding_box()["y"] < 300
    visit.page.click("button.lang:visible")
    assert visit.page.evaluate("document.documentElement.lang") == "zh"
    chinese = headline.inner_text()
    assert english != chinese
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    assert visit.page.evaluate("document.title").startswith("简报")
    visit.page.reload()
    assert headline.inner_text() == chinese, "the language is remembered"
    visit.page.close()


@pytest.mark.skipif(font.source() is None, reason="the font package justmytype-intl-cjk is not installed")
def test_chinese_glyphs_come_from_the_page_and_are_no_boxes(reports: Path, browser) -> None:
    visit = Visit(browser, reports / "index.html", "#zh")
    assert visit.page.evaluate("[...document.fonts].map(face => face.status)") == ["loaded"]
    draw = """(sign) => { const c = Object.assign(document.createElement("canvas"), {width: 40, height: 40}), x = c.getContext("2d");
      x.font = '32px "Bigmodel Sans"'; x.fillText(sign, 2, 34); return x.getImageData(0, 0, 40, 40).data.join(); }"""
    pictures = {visit.page.evaluate(draw, sign) for sign in "结论进入等待停止"}
    assert len(pictures) == 8, "a box looks the same for every sign"
    visit.page.close()


def test_code_is_folded_and_hidden_cells_stay_out(reports: Path, browser) -> None:
    html = (reports / "03_evaluate_model.html").read_text(encoding="utf-8")
    assert "hidden-parameter" not in html
    assert "hidden-explore" not in html
    assert "FutureWarning" not in html
    visit = Visit(browser, reports / "03_evaluate_model.html")
    assert visit.page.locator("details.code[open]").count() == 0
    answer = visit.page.locator(".answer-line")
    assert answer.inner_text().startswith("Verdict: 85% from")
    assert answer.bounding_box()["y"] < visit.page.locator("h2").first.bounding_box()["y"]
    ids = visit.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert visit.page.evaluate("[...document.querySelectorAll('.toc a')].every(a => document.querySelector(a.hash))")
    visit.page.close()


def test_a_mark_opens_the_row_behind_the_number_by_keyboard(reports: Path, browser, run: Run) -> None:
    visit = Visit(browser, reports / "index.html")
    visit.page.locator(".big .o:visible").focus()
    visit.page.keyboard.press("Enter")
    row = visit.page.locator(".origin:popover-open")
    assert run.id in row.inner_text()
    assert "estimated" in row.inner_text()
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".origin:popover-open").count() == 0
    visit.page.close()


def test_the_page_computes_what_the_engine_computes(reports: Path, browser, run: Run) -> None:
    draw = random.Random(5)
    ranges = {name: (given.low, given.high) for name, given in run.scenario.assumptions.items()}
    base = run.json("06_estimate_value", "inputs")
    settings = [
        {name: draw.uniform(*ranges.get(name, (0.5 * base[name], 1.5 * base[name]))) for name in venture.INPUTS}
        for _ in range(1000)
    ]
    visit = Visit(browser, reports / "index.html")
    theirs = visit.page.evaluate(
        "(all) => all.map((x) => { const c = venture.monthly_cash(x, 60); return [venture.net_present_value(c, x.discount_rate), c[0], c[30], c[60]]; })",
        settings,
    )
    for x, got in zip(settings, theirs, strict=True):
        cash = venture.monthly_cash(x, 60)
        ours = [float(v) for v in (venture.net_present_value(cash, x["discount_rate"]), cash[0], cash[30], cash[60])]
        assert got == pytest.approx(ours, rel=1e-6, abs=1e-6)
    visit.page.close()


def test_sliders_move_the_verdict_and_the_address_keeps_them(reports: Path, browser, run: Run) -> None:
    visit = Visit(browser, reports / "index.html")
    page = visit.page
    probability = round(100 * run.json("08_decide", "decision")["probability"])
    before = page.inner_text(".answer")
    assert f"In {probability} of 100" in before
    slider = page.locator(".slider input").first
    slider.focus()
    page.keyboard.press("End")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = page.inner_text(".answer")
    assert after != before
    assert visit.complaints == []
    address = page.evaluate("location.href")
    again = Visit(browser, reports / "index.html", address[address.index("#") :])
    assert again.page.inner_text(".answer") == after
    again.page.click("[data-reset]")
    assert again.page.inner_text(".answer") == before
    again.page.close()
    page.close()


def test_equal_artifacts_give_equal_bytes_and_small_pages(reports: Path, run: Run, tmp_path: Path) -> None:
    first = {file.name: file.read_bytes() for file in reports.iterdir()}
    again = site.render(run, {"03_evaluate_model": notebook(tmp_path, run)})
    assert {file.name: file.read_bytes() for file in again.iterdir()} == first
    assert all(len(content) <= MAX_BYTES for content in first.values())


def test_a_missing_result_keeps_the_earlier_report(reports: Path, tmp_path: Path) -> None:
    other = written_run("reviews_us_to_cn", seed=8)
    before = (reports / "index.html").read_bytes()
    (other.folder / "06_estimate_value" / "tornado.parquet").unlink()
    with pytest.raises(ArtifactError, match="tornado"):
        site.render(other, {})
    assert (reports / "index.html").read_bytes() == before


def test_illustrative_scenarios_say_so(reports: Path) -> None:
    folder = site.render(written_run("smoke"), {})
    assert "Illustrative" in (folder / "index.html").read_text(encoding="utf-8")
    assert "Illustrative" not in (reports / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def application(reports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run that ends in an answer, not in a decision."""
    folder = tmp_path_factory.mktemp("application")
    ended = written_run("reviews_us_to_cn", chain=["01_prepare_data", "03_evaluate_model"])
    return site.render(ended, {"03_evaluate_model": notebook(folder, ended)}, folder / "reports")


def test_an_application_opens_with_its_answer_and_its_findings(application: Path, browser) -> None:
    visit = Visit(browser, application / "index.html")
    assert visit.page.inner_text("h1") == "How good is it?"
    assert visit.page.inner_text(".lead").startswith("Verdict: 85% from <script>")
    finding = visit.page.inner_text("section.split h2 >> nth=0")
    assert finding == Visit(browser, application / "03_evaluate_model.html").page.inner_text(".finding >> nth=0")
    assert visit.page.locator("section.split figure.chart svg:visible").count() == 1
    visit.page.click("section.split .more a")
    assert visit.page.evaluate("document.querySelector(location.hash).textContent").startswith("Next steps")
    assert visit.complaints == []
    assert visit.page.evaluate("window.hacked") is None
    visit.page.close()


def test_the_index_calls_reports_by_their_titles(reports: Path, run: Run) -> None:
    html = overview.page(run.scenario).main
    assert "US review triage &lt;script&gt;" in html
    assert "<script" not in html
    assert "Wait" in html
    (reports / "manifest.json").write_text(
        json.dumps({"scenario": {"title": "<b>Recorded</b>", "question": "Where?"}}), "utf-8"
    )
    other = overview.page(run.scenario.model_copy(update={"name": "other"})).main
    (reports / "manifest.json").unlink()
    assert "&lt;b&gt;Recorded&lt;/b&gt;</a></h3><p>Where?</p>" in other


AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm install axe-core)")
@pytest.mark.parametrize("file", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(reports: Path, browser, file: str, scheme: str) -> None:
    visit = Visit(browser, reports / file, color_scheme=scheme, bypass_csp=True)
    visit.page.add_script_tag(path=str(AXE))
    found = visit.page.evaluate(
        "axe.run().then((r) => r.violations.map((v) => [v.impact, v.id, v.nodes.map((n) => n.html).slice(0, 3)]))"
    )
    assert [v for v in found if v[0] in {"serious", "critical"}] == [], json.dumps(found, indent=1)
    levels = [
        int(level)
        for level in visit.page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3')].filter(e => e.offsetParent).map(e => e.tagName[1])"
        )
    ]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    visit.page.close()
