"""Markdown cells to HTML in both languages, block by block: each paragraph, heading, list item and cell is one catalogue entry."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from bigmodel_utils.messages import LANGUAGES, translate

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def blocks(source: str) -> Iterator[str]:
    """Yield the translatable texts of a Markdown cell, as they stand in the catalogue."""
    for token in _reader().parse(source):
        if token.type == "inline" and token.content.strip():
            yield _message_id(token)


def html(source: str, ids: Iterator[int]) -> str:
    """Return the cell as HTML with every language inside; headings below the title get ids from `ids`."""
    tokens = _reader().parse(source)
    for place, token in enumerate(tokens):
        if token.type == "inline":
            _speak(token)
        elif token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", f"s{next(ids)}")
        elif token.type == "paragraph_open" and place == 0 and token.level == 0:
            token.attrSet("class", "prose")
    return _reader().renderer.render(tokens, _reader().options, {})


def spoken(text: str) -> str:
    """Return one block's inline HTML in both languages."""
    texts = {language: _inline(translate(text, language)) for language in LANGUAGES}
    if len(set(texts.values())) == 1:
        return texts["en"]
    return "".join(f'<span lang="{language}">{shown}</span>' for language, shown in texts.items())


def headings(source: str) -> list[tuple[str, str]]:
    """Return (tag, text) of the headings of a cell."""
    tokens = _reader().parse(source)
    return [
        (tokens[i - 1].tag, _message_id(token)) for i, token in enumerate(tokens) if i and tokens[i - 1].type == "heading_open"
    ]


def _message_id(token: Token) -> str:
    return " ".join(token.content.split())


def _speak(token: Token) -> None:
    from markdown_it.token import Token

    shown = Token("html_inline", "", 0)
    shown.content = spoken(_message_id(token))
    token.children = [shown]


def _inline(text: str) -> str:
    return _reader().renderInline(text)


def escaped(text: str) -> str:
    return escape(text, quote=False)
