"""The mark beside a number, and the row that it opens: value, interval, method, source, date, run."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from bigmodel_utils.messages import Message
from bigmodel_utils.report import figure_names, names, provenance
from bigmodel_utils.report.markup import both, plain
from bigmodel_utils.report.tables import ORIGIN_NAMES, ORIGIN_SIGNS
from bigmodel_utils.units import Quantity

_JOINED = "&#8288;"  # a word joiner: no line begins with the stop after a mark
_TOLD_BY_NUMBER = {"share", "USD"}
_RANGES = {
    "measured": Message("range, 95 in 100"),
    "estimated": Message("range, 8 in 10"),
    "assumed": Message("range assumed"),
}


class Origins:
    """Writes marks for the Quantities of one page and remembers which rows they open (native popovers, no script)."""

    def __init__(self, quantities: Mapping[str, Quantity], run_id: str) -> None:
        self._names = {id(quantity): name for name, quantity in quantities.items()}
        self._quantities, self._run_id = quantities, run_id
        self._used: dict[str, None] = {}

    def html(self, message: Message) -> str:
        """Return the sentence in every language with a mark after each known quantity."""
        return both(message, self._mark)

    def _mark(self, value: Any, html: str, language: str) -> str:
        name = self._names.get(id(value))
        if name is None:
            return html
        self._used[name] = None
        spoken = plain(Message("Where does this number come from? {origin}", origin=ORIGIN_NAMES[value.origin]), language)
        opens = f'type="button" class="o" popovertarget="o-{escape(name)}" aria-label="{escape(spoken)}"'
        return f'<span class="q">{html}<button {opens}>{ORIGIN_SIGNS[value.origin]}</button></span>{_JOINED}'

    def rows(self) -> str:
        """Return the popovers of all marks written so far, in order of use."""
        return "".join(self._row(name, self._quantities[name]) for name in self._used)

    def _row(self, name: str, q: Quantity) -> str:
        spec = names.spec_for(q.unit, q.mid)
        value = "{value:" + spec + "}" + ("" if q.unit in _TOLD_BY_NUMBER else " ({unit})")
        facts = [(Message("value"), Message(value, value=q.mid, unit=names.unit(q.unit)))]
        if q.low is not None:
            facts.append((_RANGES[q.origin], Message("{low:" + spec + "} – {high:" + spec + "}", low=q.low, high=q.high)))
        facts.append((Message("origin"), ORIGIN_NAMES[q.origin]))
        if q.n:
            facts.append((Message("rows or draws"), Message("{n:integer}", n=q.n)))
        if q.method:
            facts.append((Message("method"), provenance.method(q.method)))
        facts.append((Message("source"), provenance.source(q.source)))
        if q.as_of:
            facts.append((Message("as of"), Message("{day:date}", day=q.as_of.isoformat())))
        facts.append((Message("run"), Message("{run}", run=self._run_id)))
        items = "".join(f"<dt>{both(what)}</dt><dd>{both(fact)}</dd>" for what, fact in facts)
        return (
            f'<div popover id="o-{escape(name)}" class="origin"><p>{both(figure_names.figure(name))}</p><dl>{items}</dl></div>'
        )


def key() -> str:
    """Return the line that explains the marks."""
    items = (f"<span>{sign} {both(ORIGIN_NAMES[origin])}</span>" for origin, sign in ORIGIN_SIGNS.items())
    return f'<div class="key">{"".join(items)}</div>'
