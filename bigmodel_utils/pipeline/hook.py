"""What a person wants done when a run ends: a command of theirs, or a message to a server on this machine."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bigmodel_utils import paths
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import manifest
from bigmodel_utils.scenario import Scenario

SECONDS = 60  # a hook that takes longer is given up


class HookError(BigModelError):
    """A hook that could not work."""


@dataclass(frozen=True)
class Hook:
    """A command in words (never read by a shell), or the address of a server on this machine."""

    words: tuple[str, ...] = ()
    address: str = ""

    def tell(self, news: Mapping[str, str]) -> None:
        """Start the command with `news` as BIGMODEL_* variables and as JSON on its input, or POST the JSON.

        Raises OSError, subprocess.SubprocessError or http.client.HTTPException when that fails.
        """
        body = json.dumps(news, ensure_ascii=False)
        if self.address:
            _post(self.address, body)
            return
        env = os.environ | {f"BIGMODEL_{key.upper()}": value for key, value in news.items()}
        subprocess.run(self.words, input=body, text=True, env=env, check=True, timeout=SECONDS, stdout=sys.stderr)  # noqa: S603


def parsed(text: str | None, option: str) -> Hook | None:
    """Return the hook that an option asks for; raises HookError before anything runs when it cannot work."""
    if text is None:
        return None
    if text.startswith(("http://", "https://")):
        return Hook(address=_on_this_machine(text, option))
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise HookError(f"{option} {text}", f"a command in words ({error})", "close the quotation marks") from None
    if not words or not shutil.which(words[0]):
        raise HookError(f"{option} {text}", "a program that is found and may be run, then its words", option)
    return Hook(words=words)


def around(chain: Callable[[], Path], scenario: Scenario, success: Hook | None, failure: Hook | None) -> Path:
    """Return what `chain` returns, and tell the hook that fits its end; a hook that fails is said and changes nothing."""
    news = {"scenario": scenario.name, "run": scenario.hash}
    try:
        folder = chain()
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        _tell(failure, news | {"result": "failure", "verdict": "", "reason": reason})
        raise
    verdict = manifest.read(folder).get("outcome", {}).get("verdict", "")
    report = paths.shown(folder / "index.html")
    _tell(success, news | {"result": "success", "verdict": verdict, "reason": "", "report": report})
    return folder


def _tell(hook: Hook | None, news: Mapping[str, str]) -> None:
    try:
        if hook:
            hook.tell(news)
    except (OSError, subprocess.SubprocessError, http.client.HTTPException) as error:
        print(f"hook on {news['result']} failed: {error}", file=sys.stderr)


def _on_this_machine(address: str, option: str) -> str:
    """Return the address when its host is this machine: results leave it only by a person's own doing."""
    try:
        host, _ = urlsplit(address).hostname or "", urlsplit(address).port
    except ValueError:
        host = ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if not near:
        raise HookError(f"{option} {address}", "an address on this machine: localhost, 127.0.0.1 or [::1]", option)
    return address


def _post(address: str, body: str) -> None:
    """POST without following redirects, which could lead to another machine."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        query = f"?{parts.query}" if parts.query else ""
        connection.request("POST", f"{parts.path or '/'}{query}", body.encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status >= 300:
            raise http.client.HTTPException(f"{answer.status} {answer.reason}")
    finally:
        connection.close()
