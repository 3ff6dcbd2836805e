"""A hook hears how a run ended, through no shell and no other machine, and its own failure changes nothing."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from finished import made, recorded

from bigmodel_utils import paths, scenario
from bigmodel_utils.errors import BigModelError
from bigmodel_utils.pipeline import hook, manifest

TELL = "import json, os, sys; open({out!r}, 'w').write(json.dumps([dict(os.environ), json.load(sys.stdin), sys.argv[1:]]))"


def command(out: Path, *words: str) -> str:
    return shlex.join([sys.executable, "-c", TELL.format(out=str(out)), *words])


def finished() -> Path:
    recorded(made())
    return paths.reports() / "smoke"


def refused() -> Path:
    raise BigModelError("seed = -1", "0 or more", "--set seed")


def test_a_command_hears_of_success_as_variables_and_json_and_no_shell_reads_it(workspace: Path) -> None:
    out = workspace / "told.json"
    ours = hook.parsed(command(out, "$(touch hacked)", "; rm -rf x", "*"), "--on-success")
    smoke = scenario.load("smoke")
    assert hook.around(finished, smoke, ours, None) == paths.reports() / "smoke"
    env, news, words = json.loads(out.read_text(encoding="utf-8"))
    assert words == ["$(touch hacked)", "; rm -rf x", "*"]
    assert (env["BIGMODEL_RUN"], env["BIGMODEL_SCENARIO"], env["BIGMODEL_RESULT"]) == (smoke.hash, "smoke", "success")
    assert news["report"] == "reports/smoke/index.html"


def test_a_refusal_is_told_and_still_raised(workspace: Path) -> None:
    out = workspace / "told.json"
    with pytest.raises(BigModelError, match="seed"):
        hook.around(refused, scenario.load("smoke"), None, hook.parsed(command(out), "--on-failure"))
    news = json.loads(out.read_text(encoding="utf-8"))[1]
    assert (news["result"], news["reason"]) == ("failure", "given:   seed = -1")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyError()])
def test_whatever_stops_a_run_is_told(workspace: Path, error: Exception) -> None:
    def stopped() -> Path:
        raise error

    out = workspace / "told.json"
    with pytest.raises(type(error)):
        hook.around(stopped, scenario.load("smoke"), None, hook.parsed(command(out), "--on-failure"))
    assert json.loads(out.read_text(encoding="utf-8"))[1]["reason"] in {"[Errno 28] No space left on device", "KeyError"}


def test_the_verdict_told_is_that_of_the_report_and_not_of_a_later_run(workspace: Path) -> None:
    def overtaken() -> Path:
        folder = finished()  # the newest line of the history is now another run's
        manifest.write(made(0.9), folder, {"outcome": {"verdict": "go"}})
        return folder

    out = workspace / "told.json"
    hook.around(overtaken, scenario.load("smoke"), hook.parsed(command(out), "--on-success"), None)
    assert json.loads(out.read_text(encoding="utf-8"))[1]["verdict"] == "go"


@pytest.mark.parametrize("text", ["false", "http://127.0.0.1:9/"])
def test_a_hook_that_fails_fails_nothing(workspace: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = hook.around(finished, scenario.load("smoke"), hook.parsed(text, "--on-success"), None)
    assert folder == paths.reports() / "smoke"
    assert "hook on success failed" in capsys.readouterr().err


def test_a_server_on_this_machine_hears_once_and_leads_nowhere_else(workspace: Path) -> None:
    heard: list[tuple[str, dict]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        ours = hook.parsed(f"http://127.0.0.1:{server.server_port}/done?x=1", "--on-success")
        hook.around(finished, scenario.load("smoke"), ours, None)
    finally:
        server.shutdown()
        server.server_close()
    assert [path for path, _ in heard] == ["/done?x=1"]
    assert heard[0][1]["scenario"] == "smoke"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'open",
        "no-such-program-here now",
        "http://example.com/",
        "https://10.0.0.8/",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "http://[::1",
        "http://127.0.0.1:99999/",
    ],
)
def test_a_hook_that_cannot_work_or_leads_away_is_refused_first(text: str) -> None:
    with pytest.raises(hook.HookError, match="--on-success"):
        hook.parsed(text, "--on-success")
