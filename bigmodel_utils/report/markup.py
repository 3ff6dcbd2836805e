"""From messages to HTML. Templates are ours and may hold **bold**; values are data and are always escaped."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from html import escape
from typing import Any

from bigmodel_utils.messages import LANGUAGES, Message, filled, format_value, translate

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"(?<!\*)\*([^*\s][^*]*)\*(?!\*)")
_CODE = re.compile(r"`([^`]+)`")
_KEPT_TOGETHER = re.compile("^−|[0-9][万亿]")  # a number with its sign, and with what it counts
_ONE_SENTENCE = re.compile(r"^((?:[^.。]|\.(?=\S))*)[.。]$", re.S)
_SLOT = re.compile("\ue000(\\d+)\ue001")

Decorate = Callable[[Any, str, str], str]


def shown_value(value: Any, spec: str, language: str) -> str:
    """Return a value as text in `language`: known words translated, a true minus sign before numbers."""
    if isinstance(value, str) and not spec:
        return translate(value, language)
    text = format_value(value, spec, language)
    return text if isinstance(value, str) else re.sub(r"^-(?=\D?\d)", "−", text)


def rendered(message: Message, language: str, decorate: Decorate | None = None) -> str:
    """Return the message in `language` as inline HTML; `decorate(value, html, language)` may dress a value."""

    def fill(value: Any, spec: str) -> str:
        if isinstance(value, Message):
            return rendered(value, language, decorate)
        html = escape(shown_value(value, spec, language))
        html = f'<span class="q">{html}</span>' if _KEPT_TOGETHER.search(html) else html
        return decorate(value, html, language) if decorate else html

    return _filled(message, language, fill, inline_markdown)


def plain(message: Message | str, language: str) -> str:
    """Return the message in `language` without markup signs, not yet escaped: for alt texts, titles and drawings."""
    if isinstance(message, str):
        return translate(message, language)

    def fill(value: Any, spec: str) -> str:
        return plain(value, language) if isinstance(value, Message) else shown_value(value, spec, language)

    return _filled(message, language, fill, lambda text: _BOLD.sub(r"\1", text))


def _filled(message: Message, language: str, fill: Callable[[Any, str], str], convert: Callable[[str], str]) -> str:
    """Convert the template around its values, so that nothing inside a value is ever read as markup."""
    slots: list[str] = []

    class Slots(string.Formatter):
        def format_field(self, value: Any, spec: str) -> str:
            slots.append(fill(value, spec))
            return f"\ue000{len(slots) - 1}\ue001"

    template = translate(message.text, language).replace("\ue000", "").replace("\ue001", "")
    text = convert(Slots().vformat(template, (), filled(message.values)))
    return _SLOT.sub(lambda match: slots[int(match[1])], text)


def inline_markdown(text: str) -> str:
    """Return text escaped, with **bold**, *emphasis* and `code` as HTML."""
    html = _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
    return _EMPHASIS.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", html))


def both(message: Message | str, decorate: Decorate | None = None) -> str:
    """Return inline HTML that holds every language, each in a span of its own; one text when they agree."""
    if isinstance(message, str):
        message = Message("{text}", text=message)
    return _spoken({language: rendered(message, language, decorate) for language in LANGUAGES})


def headline(message: Message) -> str:
    """Return inline HTML of a title in every language: a single sentence ends without its stop."""
    return _spoken({language: _ONE_SENTENCE.sub(r"\1", rendered(message, language)) for language in LANGUAGES})


def _spoken(texts: dict[str, str]) -> str:
    if len(set(texts.values())) == 1:
        return texts["en"]
    return "".join(f'<span lang="{language}">{text}</span>' for language, text in texts.items())
