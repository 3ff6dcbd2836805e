"""A page from an executed notebook: the answer under the title, code folded away, both languages, nothing executable."""

from __future__ import annotations

import itertools
import json
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
from bigmodel_utils.report.page import Page

Cells = Sequence[Mapping[str, Any]]
_TEXTS = ("source", "text", "image/")  # and so every text/… of an output

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


def read(notebook: Path) -> list[dict[str, Any]]:
    """Return the cells of an executed notebook, each text in one piece. Our own runner wrote it: nothing is validated again."""
    return json.loads(notebook.read_text(encoding="utf-8"), object_hook=_whole)["cells"]


def _whole(part: dict[str, Any]) -> dict[str, Any]:
    """Join texts, which notebook files hold as lists of lines."""
    return {key: "".join(v) if key.startswith(_TEXTS) and isinstance(v, list) else v for key, v in part.items()}


def page(
    cells: Cells, file: str, pages: Sequence[tuple[str, Message]], brand: Message, run_line: Message, illustrative: bool
) -> Page:
    """Return the page `file` of one executed notebook; `pages` lists (file name, title) of all pages in order.

    brand: what the link to the front page says.
    """
    shown_cells = _without_verdict(visible(cells))
    body = _with_answer(_main(shown_cells), verdict(cells), illustrative)
    main = f'<div class="notebook"><article>{body}{_turn(file, pages)}</article>{_contents(shown_cells)}</div>'
    bar = f'<a class="brand" href="index.html">{both(brand)}</a><span class="wide-only push">{both(run_line)}</span>'
    return Page(file, title_of(cells), bar, main, both(run_line))


def title_of(cells: Cells) -> Message:
    """Return the notebook's first heading."""
    titles = (text for cell in cells for tag, text in headings(cell) if tag == "h1")
    title = next(titles, "Untitled page")
    return Message(title.replace("{", "{{").replace("}", "}}"))


def visible(cells: Cells) -> list[Mapping[str, Any]]:
    """Return the cells that readers see."""
    return [cell for cell in cells if not REMOVED_TAGS & set(_tags(cell))]


def _without_verdict(cells: Cells) -> Cells:
    """Return the cells but for the verdict and its heading: it stands under the title, and is told once."""
    places = [place for place, cell in enumerate(cells) if "verdict" in _tags(cell)]
    told = {place - 1 for place in places if place and headings(cells[place - 1]) == [("h2", "Verdict")]} | set(places)
    return [cell for place, cell in enumerate(cells) if place not in told]


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    return cell["metadata"].get("tags", [])


def headings(cell: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (tag, text) of the headings of a cell."""
    return prose.headings(cell["source"]) if cell["cell_type"] == "markdown" else []


def _main(cells: Cells) -> str:
    """Return the visible cells as HTML. Every piece escapes what it is given; nothing else reaches the page."""
    ids = itertools.count(1)
    return "".join(
        prose.html(cell["source"], ids) if cell["cell_type"] == "markdown" else _code(cell)
        for cell in cells
        if cell["cell_type"] in {"markdown", "code"}
    )


def _code(cell: Mapping[str, Any]) -> str:
    """Return what a code cell showed, and its lines folded away."""
    outputs = "".join(map(shown, cell["outputs"]))
    if not cell["source"].strip():
        return outputs
    lines = prose.escaped(cell["source"])
    return f'{outputs}<details class="code"><summary>{both(Message("Code"))}</summary><pre>{lines}</pre></details>'


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


def verdict(cells: Cells) -> Message | None:
    """Return the message of the cell tagged `verdict`."""
    outputs = (output for cell in cells if "verdict" in _tags(cell) for output in cell.get("outputs", []))
    found = (output["data"][MESSAGE_MIME] for output in outputs if MESSAGE_MIME in output.get("data", {}))
    return next(map(Message.from_json, found), None)


def _with_answer(body: str, verdict: Message | None, illustrative: bool) -> str:
    note = f'<p class="note">{both(ILLUSTRATIVE)}</p>' if illustrative else ""
    answer = f'<p class="answer-line">{both(verdict)}</p>' if verdict else ""
    head, end, rest = body.partition("</h1>")
    return f"{note}{head}{end}{answer}{rest}" if end else f"{note}{answer}{body}"


ILLUSTRATIVE = Message("Illustrative: a toy scenario that shows how the workbench works. Do not act on its numbers.")


def _contents(cells: Cells) -> str:
    ids = itertools.count(1)
    numbered = [(next(ids), tag, text) for cell in cells for tag, text in headings(cell) if tag != "h1"]
    items = [f'<li><a href="#s{number}">{prose.spoken(text)}</a></li>' for number, tag, text in numbered if tag == "h2"]
    return f'<nav class="toc" aria-label="contents"><ol>{"".join(items)}</ol></nav>' if items else ""


def _turn(file: str, pages: Sequence[tuple[str, Message]]) -> str:
    names = [name for name, _ in pages]
    place = names.index(file) if file in names else -1
    back = f'<a href="{pages[place - 1][0]}">← {both(pages[place - 1][1])}</a>' if place > 0 else "<span></span>"
    onward = f'<a href="{pages[place + 1][0]}">{both(pages[place + 1][1])} →</a>' if 0 <= place < len(pages) - 1 else ""
    return f'<nav class="turn" aria-label="pages">{back}{onward}</nav>'
