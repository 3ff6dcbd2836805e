"""The model over HTTP: answers in batches, refuses what it cannot take, stops without dropping a request."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from bigmodel_utils.deployment import front_page
from bigmodel_utils.deployment.intake import Asked, RequestRefused, asked, authorise
from bigmodel_utils.deployment.service import Service
from bigmodel_utils.errors import BigModelError

TOKEN_VARIABLE = "BIGMODEL_TOKEN"  # noqa: S105  a variable's name
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ServeError(BigModelError):
    """A server that must not or cannot start."""


async def _predicted(service: Service, request: Request) -> JSONResponse:
    """Answer one request; every outcome is counted by its status."""
    started, status = time.perf_counter(), 500
    try:
        authorise(request, service.token)
        line, rows = await service.answer(await asked(request, service.limits))
        status = 200
    except RequestRefused as refusal:
        status = refusal.status
        raise
    finally:
        service.gauges.requests.labels(str(status)).inc()
    service.gauges.seconds.observe(time.perf_counter() - started)
    labels = line.runtime.labels
    answers = [
        {"label": labels[best], "confidence": row[best], "probabilities": dict(zip(labels, row, strict=True))}
        for row, best in zip(rows.tolist(), rows.argmax(axis=1).tolist(), strict=True)
    ]
    return JSONResponse({"model": line.model, "predictions": answers})


def application(service: Service, loopback: bool = True) -> FastAPI:
    """Return the web application: /predict, /healthz, /metrics, /openapi.json and a page to try the model."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Load and follow the released model while the server is up; answer what waits before it goes down."""
        keeping = asyncio.create_task(service.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await service.close()

    app = FastAPI(title=f"bigmodel: {service.served.name}", docs_url=None, redoc_url=None, lifespan=lifespan)
    if loopback:  # a page elsewhere must not reach the model under a name of its own (DNS rebinding)
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    _answer_refusals(app)
    body = {"required": True, "content": {"application/json": {"schema": Asked.model_json_schema()}}}
    refusals = {status: {"description": what} for status, what in front_page.REFUSALS.items()}

    @app.post("/predict", openapi_extra={"requestBody": body}, responses=refusals, summary="Label one text or a list of texts")
    async def predict(request: Request) -> Response:
        return await _predicted(service, request)

    @app.get("/healthz", summary="Whether the server answers, and with which model")
    async def healthz() -> Response:
        return JSONResponse({"status": service.state, "model": service.model}, 200 if service.state == "ok" else 503)

    @app.get("/metrics", summary="Counts, latency, queue and batches for Prometheus")
    async def metrics(request: Request) -> Response:
        authorise(request, service.token)
        return Response(service.gauges.text(), media_type="text/plain; version=0.0.4")

    @app.get("/", include_in_schema=False)
    async def front(request: Request) -> Response:
        language, guarded = request.headers.get("accept-language", ""), service.token is not None
        return front_page.response(app.openapi(), service.model, service.limits, guarded, language)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return RedirectResponse("/#api")

    return app


def _answer_refusals(app: FastAPI) -> None:
    def told(status: int, error: BigModelError, headers: dict[str, str] | None = None) -> JSONResponse:
        parts = {"given": error.given, "allowed": error.allowed, "mend": error.mend}
        return JSONResponse({"error": parts}, status, headers)

    @app.exception_handler(RequestRefused)
    async def refused(_: Request, error: RequestRefused) -> JSONResponse:
        return told(error.status, error, error.headers)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        given = f"{request.method} {request.url.path[:80]}"
        return told(error.status_code, BigModelError(given, "see /openapi.json", str(error.detail)), dict(error.headers or {}))


class _Patient(H11Protocol):
    """Closes a connection whose next request has begun but not arrived whole in its headers; uvicorn waits for ever."""

    read_seconds = 5.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._idle() and self._alarm is None:
            self._watch()
        super().data_received(data)
        if not self._idle():
            self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        self._alarm = self.loop.call_later(self.read_seconds, self._expire)

    def _unwatch(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _expire(self) -> None:
        if self._idle():
            self.transport.close()


def token_for(host: str) -> str | None:
    """Return the token of the environment; raises ServeError when others can reach `host` and there is none."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip() or None
    if token is None and host not in LOOPBACK:
        given = f"host {host}, which others can reach, without a token"
        raise ServeError(given, f"{', '.join(LOOPBACK)}, or a token of at least 16 signs", f"the variable {TOKEN_VARIABLE}")
    if token is not None and len(token) < 16:
        raise ServeError(f"a token of {len(token)} signs", "at least 16 signs", f"the variable {TOKEN_VARIABLE}")
    return token


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host`:`port` (0 takes a free port); raises ServeError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ServeError(
            f"{host}:{port}: {error.strerror or error}", "a free port of this machine", "--port, or --host"
        ) from None
    return bound


def serve(service: Service, bound: socket.socket, tell: Callable[[str], None]) -> None:
    """Answer on `bound` until SIGTERM or SIGINT, then finish what is in flight; raises what kept the model from loading.

    Until the model is loaded, /healthz and /predict answer 503; `tell` hears the address once it is.
    """
    host, port = bound.getsockname()[:2]
    app = application(service, host in LOOPBACK)
    protocol = type("_Protocol", (_Patient,), {"read_seconds": service.limits.read_seconds})
    config = uvicorn.Config(
        app, http=protocol, ws="none", log_level="warning", access_log=False, server_header=False,
        limit_concurrency=service.limits.connections, timeout_keep_alive=int(service.limits.read_seconds) + 60,
        timeout_graceful_shutdown=int(service.limits.answer_seconds + service.limits.read_seconds) + 1,
    )  # fmt: skip
    bound.listen(config.backlog)
    running = uvicorn.Server(config)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    service.ready = lambda: tell(f"serving {service.model} at {address} (stop with Ctrl-C)")
    service.stop = lambda: setattr(running, "should_exit", True)
    with contextlib.suppress(KeyboardInterrupt):
        running.run(sockets=[bound])
    if service.failure:
        raise service.failure
