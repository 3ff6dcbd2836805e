"""The shell of every page: one file, no request, a strict Content-Security-Policy, both languages inside."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from bigmodel_utils.messages import Message
from bigmodel_utils.report.font import Typeface
from bigmodel_utils.report.markup import both, plain

TEMPLATE = Path(__file__).parent / "template"
_SPACES = re.compile(r">\s*\n\s*<")


@dataclass(frozen=True)
class Page:
    """A page before it is dressed: file name, title, bar and main HTML, scripts and JSON data of its own."""

    file: str
    title: Message
    bar: str
    main: str
    footer: str
    scripts: Sequence[str] = ()

    @property
    def text(self) -> str:
        """Every sign that the page may show."""
        return unescape(re.sub(r"<[^>]*>", "", self.bar + self.main + self.footer)) + "".join(self.scripts) + "EN中文"

    def html(self, typeface: Typeface) -> str:
        """Return the whole document; equal pages give equal bytes."""
        style = typeface.css(self.text) + _file("report.css")
        scripts = [_file("language.js"), *self.scripts]
        policy = (
            f"default-src 'none'; style-src {_hashes([style])}; script-src {_hashes(scripts)}; "
            "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
        )
        titles = {language: escape(plain(self.title, language)) for language in ("en", "zh")}
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
            '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
            f'<title data-en="{titles["en"]}" data-zh="{titles["zh"]}">{titles["en"]}</title><style>{style}</style></head>\n<body>'
            f'<a class="skip" href="#main">{both(Message("Skip to the content"))}</a>'
            f'<header class="bar">{self.bar}<button class="lang" type="button" lang="zh" data-to="zh">中文</button>'
            '<button class="lang" type="button" lang="en" data-to="en">English</button></header>\n'
            f'<main id="main">{_SPACES.sub("><", self.main)}</main>\n<footer>{self.footer}</footer>\n'
            + "".join(f"<script>{script}</script>" for script in scripts)
            + "</body></html>\n"
        )


def _file(name: str) -> str:
    return (TEMPLATE / name).read_text(encoding="utf-8")


def _hashes(blocks: Sequence[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}'" for block in blocks)
