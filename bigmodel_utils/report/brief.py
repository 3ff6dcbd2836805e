"""The brief: a decision first, then why, what if, and what next. Composed from a run's artifacts alone."""

from __future__ import annotations

from collections.abc import Sequence

from bigmodel_utils.artifacts import Run
from bigmodel_utils.messages import Message
from bigmodel_utils.report import names, sections, steps, verdict, whatif
from bigmodel_utils.report import origins as marks
from bigmodel_utils.report.evidence import Evidence
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.notebook_page import ILLUSTRATIVE
from bigmodel_utils.report.origins import Origins
from bigmodel_utils.report.page import Page
from bigmodel_utils.value import validity


def page(run: Run, pages: Sequence[tuple[str, Message]] = ()) -> Page:
    """Return the brief of a finished run; `pages` are (file name, title) of the notebook pages in its appendix.

    Raises ArtifactError when a stage or a result is missing.
    """
    evidence = Evidence(run)
    origins = Origins(evidence.figures, run.id)
    note = f'<p class="note">{both(ILLUSTRATIVE)}</p>' if run.scenario.illustrative else ""
    panel = whatif.panel(evidence)
    note += _borrowed(run)
    body = note + verdict.html(evidence, origins) + sections.html(evidence, origins, dict(pages)) + panel.html
    body += f'<section class="split"><div><h2>{both(Message("Next steps"))}</h2></div>{steps.html(evidence)}</section>'
    body += appendix(pages) + marks.key() + origins.rows()
    return Page(
        "index.html",
        Message("Brief: {title}", title=run.scenario.title),
        _bar(evidence),
        body,
        _footer(evidence),
        panel.scripts,
    )


def _borrowed(run: Run) -> str:
    """Return what a reader must know where assumptions were taken over from another country's plan, else nothing."""
    countries = validity.of_other_countries(run.scenario)
    if not countries:
        return ""
    said = Message(
        "Not {country:country}'s own: these assumptions are on file for another country and stand in until they are replaced:",
        country=run.scenario.target_market.country,
    )
    return f'<p class="note">{both(said)} {" · ".join(both(names.assumption(name)) for name in countries)}</p>'


def _bar(evidence: Evidence) -> str:
    title = both(Message("{title}", title=evidence.scenario.title))
    day = both(Message("prices as of {day:date}", day=evidence.prices_as_of.isoformat()))
    return f'<span class="brand">{both(Message("Market-entry brief"))}</span><span class="wide-only">{title}</span><span class="wide-only push">{day}</span>'


def appendix(pages: Sequence[tuple[str, Message]]) -> str:
    """Return the links to the pages behind a front page."""
    if not pages:
        return ""
    items = "".join(f'<li><a href="{file}">{both(title)}</a></li>' for file, title in pages)
    return f'<section class="split links"><div><h2>{both(Message("How we know"))}</h2></div><ul class="pages">{items}</ul></section>'


def _footer(evidence: Evidence) -> str:
    scenario = evidence.scenario
    return both(
        Message(
            "Run {run} · scenario {name} · {draws:integer} draws, seed {seed} · results {manifest} · prices as of {day:date}",
            run=evidence.run.id,
            name=scenario.name,
            draws=scenario.decision.draws,
            seed=scenario.seed,
            manifest=evidence.manifest,
            day=evidence.prices_as_of.isoformat(),
        )
    )
