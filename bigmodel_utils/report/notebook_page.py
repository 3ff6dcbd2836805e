"""A page from an executed notebook: the answer under the title, code folded away, both languages, nothing executable."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from bigmodel_utils.messages import MIME as MESSAGE_MIME
from bigmodel_utils.messages import Message
from bigmodel_utils.report import prose
from bigmodel_utils.report.chart import MIME as FIGURE_MIME
from bigmodel_utils.report.markup import both
from bigmodel_utils.report.page import TEMPLATE, Page

REMOVED_TAGS = {"parameters", "injected-parameters", "explore", "remove_cell", "save"}
_KEPT_TAGS = {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
    "p",
    "b",
    "i",
    "em",
    "strong",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "br",
}


def page(notebook: Path, file: str, pages: Sequence[tuple[str, Message]], run_line: Message, illustrative: bool) -> Page:
    """Return the page `file` of one executed notebook; `pages` lists (file name, title) of all pages in order."""
    import nbformat

    nb = nbformat.read(notebook, as_version=4)
    verdict = _verdict(nb)
    title = title_of(nb)
    body = _with_answer(_main(nb), verdict, illustrative)
    contents = _contents(nb)
    main = f'<div class="notebook"><article>{body}{_turn(file, pages)}</article>{contents}</div>'
    bar = f'<a class="brand" href="index.html">{both(Message("Market-entry brief"))}</a><span class="wide-only push">{both(run_line)}</span>'
    return Page(file, title, bar, main, both(run_line))


def title_of_file(notebook: Path) -> Message:
    import nbformat

    return title_of(nbformat.read(notebook, as_version=4))


def title_of(nb: Mapping[str, Any]) -> Message:
    """Return the notebook's first heading."""
    for cell in nb["cells"]:
        if cell["cell_type"] == "markdown":
            found = [text for tag, text in prose.headings(cell["source"]) if tag == "h1"]
            if found:
                return Message(found[0].replace("{", "{{").replace("}", "}}"))
    return Message("Untitled page")


def _main(nb: Any) -> str:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    ids = itertools.count(1)
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = REMOVED_TAGS
    exporter = HTMLExporter(config=config, template_name="notebook", extra_template_basedirs=[str(TEMPLATE)])
    exporter.register_filter("both_markdown", lambda source: prose.html(source, ids))
    exporter.register_filter("shown", shown)
    exporter.register_filter("escaped", prose.escaped)
    html, _ = exporter.from_notebook_node(nb, resources={"code_word": both(Message("Code"))})
    return html.strip()


def shown(output: Mapping[str, Any]) -> str:
    """Return one output as HTML. Figures and tables of this package speak for themselves; anything else is made safe."""
    kind = output["output_type"]
    if kind == "stream":
        return f"<pre>{prose.escaped(output['text'])}</pre>" if output["name"] == "stdout" and output["text"].strip() else ""
    if kind == "error":
        return f"<pre>{prose.escaped(str(output['ename']))}: {prose.escaped(str(output['evalue']))}</pre>"
    data = output["data"]
    if FIGURE_MIME in data:
        return data[FIGURE_MIME]["html"]
    if MESSAGE_MIME in data:
        return f'<p class="reading">{both(Message.from_json(data[MESSAGE_MIME]))}</p>'
    if "text/html" in data:
        return f'<div class="scroll">{_safe(data["text/html"])}</div>'
    if "image/png" in data:
        picture = "".join(data["image/png"].split())
        return (
            f'<figure><img src="data:image/png;base64,{escape(picture)}" alt="{escape(data.get("text/plain", ""))}"></figure>'
        )
    return f"<pre>{prose.escaped(data['text/plain'])}</pre>" if "text/plain" in data else ""


def _safe(html: str) -> str:
    import bleach

    visible = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.S | re.I)
    return bleach.clean(visible, tags=_KEPT_TAGS, attributes={}, strip=True)


def _verdict(nb: Any) -> Message | None:
    """Return the message of the cell tagged `verdict`."""
    for cell in nb.cells:
        if cell.cell_type != "code" or "verdict" not in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            if MESSAGE_MIME in output.get("data", {}):
                return Message.from_json(output["data"][MESSAGE_MIME])
    return None


def _with_answer(body: str, verdict: Message | None, illustrative: bool) -> str:
    note = f'<p class="note">{both(ILLUSTRATIVE)}</p>' if illustrative else ""
    answer = f'<p class="answer-line">{both(verdict)}</p>' if verdict else ""
    head, end, rest = body.partition("</h1>")
    return f"{note}{head}{end}{answer}{rest}" if end else f"{note}{answer}{body}"


ILLUSTRATIVE = Message("Illustrative: a toy scenario that shows how the workbench works. Do not act on its numbers.")


def _contents(nb: Any) -> str:
    ids = itertools.count(1)
    items = []
    for cell in nb.cells:
        if cell.cell_type != "markdown" or REMOVED_TAGS & set(cell.metadata.get("tags", [])):
            continue
        for tag, text in prose.headings(cell.source):
            if tag == "h1":
                continue
            number = next(ids)
            if tag == "h2":
                items.append(f'<li><a href="#s{number}">{prose.spoken(text)}</a></li>')
    return f'<nav class="toc" aria-label="contents"><ol>{"".join(items)}</ol></nav>' if items else ""


def _turn(file: str, pages: Sequence[tuple[str, Message]]) -> str:
    names = [name for name, _ in pages]
    place = names.index(file) if file in names else -1
    back = f'<a href="{pages[place - 1][0]}">← {both(pages[place - 1][1])}</a>' if place > 0 else "<span></span>"
    onward = f'<a href="{pages[place + 1][0]}">{both(pages[place + 1][1])} →</a>' if 0 <= place < len(pages) - 1 else ""
    return f'<nav class="turn" aria-label="pages">{back}{onward}</nav>'
