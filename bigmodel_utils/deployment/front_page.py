"""The page of a served model: a form to try it, and its interface for programs; self-contained, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse

from bigmodel_utils.deployment.intake import Limits
from bigmodel_utils.messages import LANGUAGES, Message

_TEMPLATE = Path(__file__).parent / "front_page.html"
REFUSALS = {
    400: "The body is not JSON",
    401: "The token is missing or wrong",
    408: "The body did not arrive in time",
    413: "The body, the list or a text is too large",
    415: "The content type is not application/json",
    422: "The body lacks what is asked for",
    429: "Too many texts wait; Retry-After says when to come back",
    503: "The model is still loading; Retry-After says when to come back",
    504: "No answer in time",
}


def response(openapi: dict[str, Any], model: str, limits: Limits, guarded: bool, accept_language: str) -> HTMLResponse:
    """Return the page in the reader's language, with headers that let it load and send nothing elsewhere; `guarded` asks for a token."""
    language = accept_language[:2].lower()
    text = _filled(language if language in LANGUAGES else "en", openapi, model, limits).replace(
        "{{guarded}}", "" if guarded else "hidden"
    )
    return HTMLResponse(
        text,
        headers={"content-security-policy": _policy(), "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"},
    )


@cache
def _policy() -> str:
    """Only this page's own style and script, known by their hashes, and requests back to this server."""
    template = _TEMPLATE.read_text(encoding="utf-8")
    hashes = {
        tag: base64.b64encode(hashlib.sha256(template.split(f"<{tag}>")[1].split(f"</{tag}>")[0].encode()).digest()).decode()
        for tag in ("style", "script")
    }
    return (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _filled(language: str, openapi: dict[str, Any], model: str, limits: Limits) -> str:
    words = {
        "title": Message("Try the model"),
        "lead": Message("Served model: {model}. Write a text as customers write it; nothing leaves this server.", model=model),
        "text": Message("Text"),
        "token": Message("Token of this server"),
        "ask": Message("Ask the model"),
        "waiting": Message("Waiting for the answer…"),
        "unreachable": Message("The server did not answer. Is it still running?"),
        "confidence": Message("confidence"),
        "api": Message("For programs"),
        "limits": Message(
            "At most {texts:integer} texts of {characters:integer} signs in one request; {waiting:integer} texts may wait.",
            texts=limits.texts, characters=limits.characters, waiting=limits.queue_texts,
        ),
        "full": Message("Full description"),
    }  # fmt: skip
    page = _TEMPLATE.read_text(encoding="utf-8").replace("{{language}}", language)
    for name, message in words.items():
        page = page.replace("{{" + name + "}}", escape(message.read(language)))
    return page.replace("{{routes}}", _routes(openapi)).replace(
        "{{example}}", escape(json.dumps({"text": ["…", "…"]}, ensure_ascii=False))
    )


def _routes(openapi: dict[str, Any]) -> str:
    """Return the paths of the interface as table rows, each with its summary and refusals."""
    rows = []
    for path, methods in openapi["paths"].items():
        for method, about in methods.items():
            refused = ", ".join(
                f"{status} {what['description']}"
                for status, what in about["responses"].items()
                if int(status) >= 400 and int(status) in REFUSALS
            )
            more = f"<small>{escape(refused)}</small>" if refused else ""
            rows.append(
                f"<tr><th><code>{method.upper()} {escape(path)}</code></th><td>{escape(about['summary'])}{more}</td></tr>"
            )
    return "".join(rows)
