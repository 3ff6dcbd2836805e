"""Our report pages against nbconvert's own: size, requests, accessibility, time; and how fast the what-if answers.

    python tests/benchmarks/bench_report.py [SCENARIO]

Takes the executed notebooks of the newest finished run (default: smoke). Prints one line per figure.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.append(str(Path(__file__).parents[1] / "report"))

from browser import CHROMIUM, Visit, chromium

from bigmodel_utils import paths, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.report import prose, site

AXE = paths.PROJECT / "node_modules" / "axe-core" / "axe.min.js"
SLIDER_MOVES = 20


def newest(name: str) -> Run | None:
    """Return the finished run of the scenario as it stands, or None."""
    run = Run(scenario.load(name))
    return run if all(run.is_done(stage) for stage in run.stages) else None


def peer(notebook: Path, folder: Path) -> Path:
    """Export a notebook with nbconvert's default template."""
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter(exclude_input=True).from_filename(str(notebook))
    target = folder / f"peer_{notebook.stem}.html"
    target.write_text(html, encoding="utf-8")
    return target


def same_headings(notebook: Path, ours: Path, theirs: Path) -> bool:
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    titles = [text for cell in cells if cell.cell_type == "markdown" for _, text in prose.headings(cell.source)]
    plain = [title for title in titles if title != "Verdict" and title.isascii() and "'" not in title and "&" not in title]
    return all(title in page.read_text(encoding="utf-8") for title in plain for page in (ours, theirs))


def visited(browser, page: Path) -> dict[str, object]:
    """Open a page; return requests beyond the file, milliseconds to first paint, and serious accessibility findings."""
    visit = Visit(browser, page, bypass_csp=True)
    paint = visit.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    found: object = "no axe-core"
    if AXE.is_file():
        visit.page.add_script_tag(path=str(AXE))
        count = "axe.run().then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)).reduce((n, v) => n + v.nodes.length, 0))"
        found = visit.page.evaluate(count)
    requests = len(visit.outside)
    visit.page.close()
    return {"requests": requests, "first paint ms": round(paint or 0), "serious findings": found}


def slider_ms(browser, brief: Path) -> list[float]:
    """Return the milliseconds from a slider's move to the painted new picture, sorted; waiting for the frame counts."""
    visit = Visit(browser, brief)
    visit.page.wait_for_timeout(1000)  # nobody moves a slider sooner
    move = """async (value) => { const s = document.querySelector(".slider input"), seen = document.querySelector(".whatif svg"), before = seen.innerHTML;
      const painted = () => new Promise((done) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); }));
      const start = performance.now(); s.value = value; s.dispatchEvent(new Event("input")); await painted();
      const took = performance.now() - start; if (seen.innerHTML === before) throw Error("no new picture"); return took; }"""
    times = [visit.page.evaluate(move, 8 * place + 1) for place in range(SLIDER_MOVES)]
    visit.page.close()
    return sorted(times)


def main(name: str = "smoke") -> None:
    run = newest(name)
    if run is None or CHROMIUM is None:
        print(f"skipped: needs Chromium and a finished run (bigmodel run {name})")
        return
    notebooks = {stage: run.folder / "notebooks" / f"{stage}.ipynb" for stage in run.stages}
    started = time.perf_counter()
    reports = site.render(run, notebooks)
    print(f"all {len(run.stages) + 2} pages and the workbook rendered in {time.perf_counter() - started:.1f} s")
    print(
        f"brief: {(reports / 'index.html').stat().st_size / 1000:.0f} kB, largest page: {max(f.stat().st_size for f in reports.glob('*.html')) / 1000:.0f} kB"
    )
    with TemporaryDirectory() as folder, chromium() as browser:
        for notebook in notebooks.values():
            ours, theirs = reports / f"{notebook.stem}.html", peer(notebook, Path(folder))
            if not same_headings(notebook, ours, theirs):
                raise SystemExit(f"{notebook.stem}: the two pages do not hold the same headings")
            ratio = theirs.stat().st_size / ours.stat().st_size
            print(f"{notebook.stem}: ours {ours.stat().st_size / 1000:.0f} kB {visited(browser, ours)}")
            print(
                f"{'':>{len(notebook.stem)}}  nbconvert {theirs.stat().st_size / 1000:.0f} kB {visited(browser, theirs)}; size ratio {ratio:.1f}"
            )
        print(f"brief: {visited(browser, reports / 'index.html')}")
        times = slider_ms(browser, reports / "index.html")
        print(f"slider to picture: median {times[len(times) // 2]:.0f} ms, slowest {times[-1]:.0f} ms of {SLIDER_MOVES}")


if __name__ == "__main__":
    main(*sys.argv[1:])
