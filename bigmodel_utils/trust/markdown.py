"""Data as Markdown that a viewer shows and never obeys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_SIGNS = re.compile(r"([\\`*_\[\]|#!~])")


def plain(text: Any) -> str:
    """Return data text on one line, its markup signs made harmless: Markdown's own, and those of HTML inside it."""
    return _SIGNS.sub(r"\\\1", escape(" ".join(str(text).split()), quote=False))


def bullet(*lines: str) -> str:
    """Return a list of lines that are Markdown already, each closed by a full stop; "" without any."""
    return "\n".join(f"- {line}" if line.endswith((".", "?", "!")) else f"- {line}." for line in lines)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return a table of the named columns; every cell is data."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(plain(row.get(column, '')) or '–' for column in columns)} |" for row in rows]
    return "\n".join(lines)
