"""What looks like a secret has no place in a scenario: it would be copied into every run, page and manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a token of a model hub": r"\bhf_[A-Za-z0-9]{20,}",
    "a token of a code host": r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,})",
    "an access key of a cloud": r"\bA(KIA|SIA)[0-9A-Z]{16}\b",
    "a key of an API": r"\bsk-[A-Za-z0-9_-]{20,}",
    "a signed token": r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*",
    "a 32-byte key in base64": r"(?<![\w+/])[A-Za-z0-9+/]{43}=(?![\w+/=])",
    "a password in an address": r"://[^/\s:@]+:[^/\s:@]+@",
}


def found(content: Any) -> tuple[str, str] | None:
    """Return the dotted key of the first text in `content` that looks like a secret, and what it looks like; else None."""
    for key, text in _texts("", content):
        for kind, shape in _SHAPES.items():
            if re.search(shape, text):
                return key, kind
    return None


def _texts(key: str, content: Any) -> Iterator[tuple[str, str]]:
    """Yield (dotted key, text) of every text and every name in `content`."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield key or "the top", str(name)
            yield from _texts(f"{key}.{name}".strip("."), value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(key, value)
