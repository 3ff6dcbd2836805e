"""All pages of a run under `reports/<scenario>/`: a front page and one per notebook, written aside and swapped in."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bigmodel_utils import messages, paths
from bigmodel_utils.artifacts import Run, swap_in, write_atomic
from bigmodel_utils.messages import Message
from bigmodel_utils.report import brief, font, front, notebook_page, overview, workbook
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.page import Page
from bigmodel_utils.scenario import DECISION, TRUST

PACK = f"{TRUST}/pack"
_log = logging.getLogger(__name__)


def render(run: Run, notebooks: Mapping[str, Path], into: Path | None = None, changes: Page | None = None) -> Path:
    """Write the reports of a finished run and return their folder; equal artifacts give byte-identical pages.

    notebooks: stage -> executed notebook. `into` is another folder than `reports/<scenario>`, which the index leaves out.
    `changes` compares with the run before. Raises ArtifactError when a result is missing; an earlier report then stays.
    """
    task, decides = run.scenario.task, DECISION in run.stages
    messages.speak_of(task.item, task.customer, task.case)
    executed = {f"{path.stem}.html": notebook_page.read(path) for path in notebooks.values()}
    titles = [(name, notebook_page.title_of(cells)) for name, cells in executed.items()]
    line = Message("Run {run} · scenario {name}", run=run.id, name=run.scenario.name)
    extras = [(workbook.FILE, Message("The cash flow as a workbook (Excel)"))] if decides and workbook.is_possible() else []
    digest = [(changes.file, changes.title)] if changes else []
    if decides:
        pages, brand = [brief.page(run, titles + extras + digest)], Message("Market-entry brief")
    else:
        last = list(executed.values())[-1]
        pages, brand = [front.page(run, last, titles, line, digest)], Message("{title}", title=run.scenario.title)
    pages += [
        notebook_page.page(cells, name, titles + digest, brand, line, run.scenario.illustrative)
        for name, cells in executed.items()
    ]
    pages += [changes] if changes else []
    folder = into or paths.reports() / run.scenario.name
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    listed = overview.page(run.scenario, bool(changes))
    face = typeface([listed, *pages])
    for page in pages:
        (aside / page.file).write_text(page.html(face), encoding="utf-8")
    if extras:
        workbook.write(Evidence(run), aside)
    if (run.folder / PACK).is_dir():
        shutil.copytree(run.folder / PACK, aside / "trust")
    swap_in(aside, folder)
    if into is None:
        write_atomic(paths.reports() / listed.file, listed.html(face))
    return folder


def typeface(pages: Sequence[Page]) -> font.Typeface:
    """Return the embedded Chinese typeface cut to the signs of `pages`."""
    if font.source() is None:
        _log.warning("no embedded Chinese font (pip install justmytype-intl-cjk): pages use the reader's own fonts")
    return font.Typeface(page.text for page in pages)
