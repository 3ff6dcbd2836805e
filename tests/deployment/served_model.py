"""A small trained classifier as a served folder, and a real server process over it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

import packed_model

from bigmodel_utils.deployment import folder as folders
from bigmodel_utils.training import e5_file, pretrained

LABELS = ["negative", "positive"]
SERVER = """
import sys, time
from pathlib import Path
from bigmodel_utils.deployment import startup
from bigmodel_utils.deployment.intake import Limits
from bigmodel_utils.deployment.runtime import Runtime

pause, port = float(sys.argv[2]), int(sys.argv[3])
answer = Runtime.probabilities
def slow(self, texts):  # a model that needs its time, so that requests meet; "." is the one that it answers before all others
    time.sleep(pause * any("slow" in text or text == "." for text in texts))
    return answer(self, texts)
Runtime.probabilities = slow
limits = Limits(body_bytes=20_000, texts=50, characters=2_000, read_seconds=1.0, answer_seconds=2.0, queue_texts=60)
startup.run(sys.argv[1], "127.0.0.1", port, 8, lambda line: print(line, flush=True), limits)
"""


def write(folder: Path, seed: int = 0) -> Path:
    """Write a two-layer classifier with a random head, sealed; another `seed` gives another model."""
    import torch

    start = folder.with_name(f"{folder.name}-start")
    pretrained.silence()
    e5_file.write_folder(packed_model.write(packed_model.tensors(seed)), start)
    torch.manual_seed(seed)
    model, tokenizer = pretrained.load_classifier(start, LABELS)
    tokenizer.model_max_length = 24
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    folders.seal(folder)
    return folder


@contextmanager
def running(what: Path | str, home: Path, pause: float = 0.0, **environment: str) -> Iterator[Client]:
    """Serve `what` in a process of its own; to load, and to answer a text that says "slow", takes `pause` seconds longer."""
    with starting(what, home, pause, **environment) as client:
        line = client.process.stdout.readline()
        assert f"http://127.0.0.1:{client.port} " in line, line
        yield client


@contextmanager
def starting(what: Path | str, home: Path, pause: float = 0.0, **environment: str) -> Iterator[Client]:
    """As `running`, before the model is loaded."""
    told = {**os.environ, "BIGMODEL_HOME": str(home), "BIGMODEL_DEVICE": "cpu", **environment}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVER, str(what), str(pause), str(port)]
    process = subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True)
    try:
        yield Client(process, port)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Client:
    """Asks one server over fresh connections."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self.process, self.port = process, port

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
        """Return status, headers and body."""
        connection = self.connection()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def predict(self, content: object, **headers: str) -> tuple[int, dict]:
        """POST `content` (JSON, or bytes as they are) and return status and parsed answer."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        status, _, text = self.ask("POST", "/predict", body, **{"content-type": "application/json", **headers})
        return status, json.loads(text)

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def alive(self) -> bool:
        return self.process.poll() is None and self.predict({"text": "good"})[0] == 200


def wait_for(condition, seconds: float = 60.0) -> None:
    """Return when `condition()` holds; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
