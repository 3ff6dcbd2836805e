"""What a request may hold: read within its limits of time and size, understood, or refused in three parts."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bigmodel_utils.errors import BigModelError

Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Limits:
    """What one server takes; beyond it a request is refused, never cut."""

    body_bytes: int = 1_000_000
    texts: int = 256  # per request
    characters: int = 20_000  # per text
    read_seconds: float = 5.0  # from a request's first byte to its last
    answer_seconds: float = 10.0
    batch_texts: int = 32  # answered together; 1 answers one by one
    batch_wait_ms: float = 2.0
    queue_texts: int = 512
    connections: int = 1000


class Asked(BaseModel):
    """The body of POST /predict."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text | Annotated[list[Text], Field(min_length=1)]

    @property
    def texts(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else self.text


class RequestRefused(BigModelError):
    """A request that is not answered; `status` is its HTTP status."""

    def __init__(self, status: int, given: str, allowed: str, mend: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(given, allowed, mend)
        self.status, self.headers = status, headers or {}


async def asked(request: Request, limits: Limits) -> list[str]:
    """Return the texts of a request; raises RequestRefused with 400, 408, 413, 415 or 422."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestRefused(415, f"content type '{kind[:60]}'", "application/json", "the Content-Type header")
    texts = _parsed(await _body(request, limits)).texts
    if len(texts) > limits.texts:
        raise RequestRefused(413, f"{len(texts)} texts", f"at most {limits.texts} in one request", "send them in parts")
    for place, text in enumerate(texts):
        if len(text) > limits.characters:
            given = f"text {place} with {len(text)} characters"
            raise RequestRefused(413, given, f"at most {limits.characters} characters in one text", "'text' of the body")
        if not text.strip():
            raise RequestRefused(422, f"text {place} is blank", "at least one sign", "'text' of the body")
    return texts


async def _body(request: Request, limits: Limits) -> bytes:
    """Return the body, never holding more than the limit of it."""
    stated = request.headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > limits.body_bytes:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.read_seconds):
            async for part in request.stream():
                body += part
                if len(body) > limits.body_bytes:
                    raise _too_large(limits)
    except TimeoutError:
        given = f"{len(body)} bytes in {limits.read_seconds:g} s, and more to come"
        raise RequestRefused(408, given, "the whole body in that time", "the client", {"connection": "close"}) from None
    return bytes(body)


def _parsed(body: bytes) -> Asked:
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        raise RequestRefused(400, first["msg"][:200], "JSON in UTF-8", "the body")
    where = ".".join(str(step) for step in first["loc"]) or "body"
    raise RequestRefused(422, f"{where}: {first['msg']}"[:200], '{"text": "…"} or {"text": ["…", "…"]}', "the body")


def _too_large(limits: Limits) -> RequestRefused:
    return RequestRefused(
        413, f"a body above {limits.body_bytes} bytes", f"at most {limits.body_bytes} bytes", "send it in parts"
    )


def authorise(request: Request, token: str | None) -> None:
    """Raise RequestRefused with 401 unless the request bears `token`; None admits everybody."""
    if token is None:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise RequestRefused(
            401, "no valid token", "Authorization: Bearer TOKEN", "the token of this server", {"www-authenticate": "Bearer"}
        )
