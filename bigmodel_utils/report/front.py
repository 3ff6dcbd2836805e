"""The front page of an application, which ends in an answer and not in a decision: answer, findings with figures, pages behind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from bigmodel_utils.artifacts import Run
from bigmodel_utils.messages import Message
from bigmodel_utils.report import notebook_page, prose
from bigmodel_utils.report.brief import appendix
from bigmodel_utils.report.chart import MIME as FIGURE_MIME
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import Page

SHOWN = 6
_OPENING, _TITLE_ENDS = '<figure class="chart"><p class="finding">', "</p>"


def page(
    run: Run,
    cells: notebook_page.Cells,
    pages: Sequence[tuple[str, Message]],
    line: Message,
    beside: Sequence[tuple[str, Message]] = (),
) -> Page:
    """Return the front page of a run that decides nothing.

    cells: of its last notebook, the last of `pages` (file name, title). line: what names the run. beside: pages of no notebook.
    """
    title, answer = notebook_page.title_of(cells), notebook_page.verdict(cells)
    name = both(Message("{title}", title=run.scenario.title))
    note = f'<p class="note">{both(notebook_page.ILLUSTRATIVE)}</p>' if run.scenario.illustrative else ""
    lead = f'<p class="lead">{both(answer)}</p>' if answer else ""
    main = f'{note}<div class="opening"><h1>{both(title)}</h1>{lead}</div>'
    main += "".join(_sections(cells, pages[-1][0])) + appendix([*pages, *beside])
    bar = f'<span class="brand">{name}</span><span class="wide-only push">{both(line)}</span>'
    return Page("index.html", Message("{title}", title=run.scenario.title), bar, main, both(line))


def _sections(cells: notebook_page.Cells, file: str) -> Iterator[str]:
    """Yield the first charts, the finding as the heading, with a link to the question that each answers."""
    for question, html in itertools.islice(_charts(cells, file), SHOWN):
        finding, _, rest = html.removeprefix(_OPENING).partition(_TITLE_ENDS)
        figure = f'<figure class="chart">{rest}'
        yield f'<section class="split"><div><h2>{finding}</h2>{question}</div>{figure}</section>'


def _charts(cells: notebook_page.Cells, file: str) -> Iterator[tuple[str, str]]:
    """Yield (link to the question above it, HTML) of every chart with a title."""
    question, ids = "", itertools.count(1)
    for cell in notebook_page.visible(cells):
        for tag, text in notebook_page.headings(cell):
            number = 0 if tag == "h1" else next(ids)
            if tag == "h2":
                question = f'<p class="more"><a href="{file}#s{number}">{prose.spoken(text)}</a></p>'
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get(FIGURE_MIME, {}).get("html", "")
            if html.startswith(_OPENING):
                yield question, html
