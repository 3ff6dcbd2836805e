"""A real server process: right answers, every bad input refused with its status, and still up after all of it."""

import http.client
import json
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import served_model
from served_model import running, starting, wait_for

from bigmodel_utils.deployment import release, startup
from bigmodel_utils.deployment.folder import ServedFolderError
from bigmodel_utils.deployment.runtime import Runtime
from bigmodel_utils.deployment.server import ServeError, listen, token_for

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return served_model.write(tmp_path_factory.mktemp("model") / "served")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(folder, home):
    with running(folder, home, pause=0.8) as client:
        yield client


def test_answers_are_those_of_the_notebook(client, folder, monkeypatch):
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    texts = ["good dress", "the room was awful", "房间不好", "lovely " * 40, "<b>&amp;</b> \x00 ☃"]
    status, found = client.predict({"text": texts})
    assert status == 200
    runtime = Runtime.load(folder)
    got = np.array([[row["probabilities"][label] for label in runtime.labels] for row in found["predictions"]])
    np.testing.assert_allclose(got, runtime.probabilities(texts), atol=1e-6)
    assert [row["label"] for row in found["predictions"]] == [runtime.labels[i] for i in got.argmax(axis=1)]
    assert all(row["confidence"] == max(row["probabilities"].values()) for row in found["predictions"])
    assert client.predict({"text": texts[0]})[1]["model"] == found["model"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\x00\xff\x89PNG\r\n", 400),
        (b'{"text": "\\ud800"}', 400),
        (b'{"text": NaN}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"text": 3}', 422),
        (b'{"text": null}', 422),
        (b'{"text": ""}', 422),
        (b'{"text": "  \\n"}', 422),
        (b'{"text": []}', 422),
        (b'{"text": ["good", 4]}', 422),
        (b'{"text": ["good", ""]}', 422),
        (b'{"text": {"a": 1}}', 422),
        (b'{"text": "good", "more": 1}', 422),
        (b"[" * 5000, 400),
        (json.dumps({"text": ["a"] * 51}).encode(), 413),
        (json.dumps({"text": ["a"] * 10_000}).encode(), 413),
        (json.dumps({"text": "a" * 2_001}).encode(), 413),
        (b"x" * 3_000_000, 413),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_bad_bodies_are_refused_in_three_parts(client, body, status):
    got, answer = client.predict(body)
    assert got == status
    assert set(answer["error"]) == {"given", "allowed", "mend"}
    assert client.predict({"text": "good"})[0] == 200


def test_a_body_without_stated_length_is_held_to_the_limit_too(client):
    connection = client.connection()
    connection.request("POST", "/predict", iter([b" " * 5_000] * 8), JSON, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_other_types_paths_methods_and_hosts(client):
    assert client.ask("POST", "/predict", b"good", **{"content-type": "text/plain"})[0] == 415
    assert client.ask("GET", "/predict")[0] == 405
    assert client.ask("GET", "/../../etc/passwd")[0] == 404
    assert client.ask("GET", "/healthz", host="evil.example")[0] == 400


def test_slow_clients_are_let_go(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as half:
        half.sendall(
            b'POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"te'
        )
        assert b" 408 " in half.recv(4096).partition(b"\r\n")[0]
        assert half.recv(4096) == b"" or half.recv(4096) == b""
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as headless:
        headless.sendall(b"POST /predict HTTP/1.1\r\nhost: loc")
        assert headless.recv(4096) == b""
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as noise:
        noise.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        assert b" 400 " in noise.recv(4096).partition(b"\r\n")[0]
    assert client.alive()


def test_a_client_that_leaves_takes_its_texts_along(client):
    with socket.create_connection(("127.0.0.1", client.port)) as gone:
        body = json.dumps({"text": ["slow"] * 50}).encode()
        gone.sendall(
            b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % len(body)
            + body
        )
        time.sleep(0.2)
    wait_for(lambda: b"bigmodel_queue_texts 0.0" in client.ask("GET", "/metrics")[2])
    assert client.alive()


def test_a_full_queue_sends_clients_away_and_a_long_wait_ends(client):
    def crowd(_):
        return client.ask("POST", "/predict", json.dumps({"text": ["slow"] * 20}).encode(), **JSON)

    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(crowd, range(6)))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) <= {200, 429, 504}
    assert {429, 504} <= set(statuses)
    assert all(int(headers["retry-after"]) >= 1 for status, headers, _ in answers if status == 429)
    wait_for(client.alive)


def test_metrics_count_what_happened(client):
    before = client.ask("GET", "/metrics")[2].decode()
    client.predict({"text": ["good", "bad"]})
    client.predict(b"{")
    after = client.ask("GET", "/metrics")[2].decode()

    def read(text, name):
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name)), 0.0)

    for name, more in {
        'requests_total{status="200"}': 1,
        'requests_total{status="400"}': 1,
        "request_seconds_count": 1,
        "batch_texts_sum": 2,
    }.items():
        assert read(after, f"bigmodel_{name}") - read(before, f"bigmodel_{name}") == more, name


def test_the_page_brings_all_it_needs_and_lets_nothing_else_in(client):
    status, headers, body = client.ask("GET", "/", **{"accept-language": "en"})
    page = body.decode()
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "{{" not in page
    assert "//" not in page.replace("/>", "")
    described = json.loads(client.ask("GET", "/openapi.json")[2])
    assert {"/predict", "/healthz", "/metrics"} == set(described["paths"])
    assert all(path in page for path in described["paths"])
    assert client.ask("GET", "/docs")[1]["location"] == "/#api"


def test_the_log_holds_no_text(client, home):
    log = home / "data" / "logs" / "served" / "predictions.jsonl"
    client.predict({"text": ["good unmistakable", "good unmistakable"]})

    def last_two():
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[-2:]]

    wait_for(lambda: len(last_two()) == 2 and last_two()[1]["length"] == 17)
    first, second = last_two()
    assert first["hash"] == second["hash"]
    assert "unmistakable" not in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0


def test_a_killed_server_leaves_nothing_half(folder, home):
    log = home / "data" / "logs" / "served" / "predictions.jsonl"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with running(folder, home, pause=5.0) as client, ThreadPoolExecutor(1) as one:
        asking = one.submit(client.predict, {"text": "slow"})
        time.sleep(0.4)
        client.process.kill()
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            asking.result(20)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert all(json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())


def test_after_a_kill_it_starts_again_asks_for_the_token_and_stops_in_good_order(folder, home):
    bearer = {"authorization": "Bearer a-token-of-enough-signs"}
    with running(folder, home, pause=1.0, BIGMODEL_TOKEN="a-token-of-enough-signs") as client:
        assert client.predict({"text": "good"})[0] == 401
        assert client.predict({"text": "good"}, authorization="Bearer another-token")[0] == 401
        assert client.ask("GET", "/metrics")[0] == 401
        assert client.ask("GET", "/healthz")[0] == 200
        with ThreadPoolExecutor(1) as one:
            asking = one.submit(client.predict, {"text": "slow"}, **bearer)
            time.sleep(0.4)
            client.process.terminate()
            assert asking.result(20)[0] == 200
        client.process.wait(20)


def test_it_listens_before_the_model_is_loaded(folder, home):
    with starting(folder, home, pause=3.0) as client:
        wait_for(client.listens)
        assert json.loads(client.ask("GET", "/healthz")[2])["status"] == "loading"
        status, headers, body = client.ask("POST", "/predict", b'{"text": "good"}', **JSON)
        assert (status, headers["retry-after"]) == (503, "1")
        assert "loading" in json.loads(body)["error"]["given"]
        wait_for(lambda: client.ask("GET", "/healthz")[0] == 200)
        assert client.alive()


def test_a_running_server_changes_over_to_what_is_released(home, tmp_path, monkeypatch):
    monkeypatch.setenv("BIGMODEL_HOME", str(home))
    monkeypatch.setenv("BIGMODEL_DEVICE", "cpu")
    first, second = (release.release("smoke", served_model.write(tmp_path / f"model{seed}", seed)) for seed in (1, 2))
    with running("smoke", home) as client:
        answers = [client.predict({"text": "good dress"})]
        release.back("smoke")

        def moved() -> bool:
            answers.append(client.predict({"text": "good dress"}))
            return answers[-1][1]["model"] == f"smoke/{first}"

        wait_for(moved)
        assert {status for status, _ in answers} == {200}
        assert answers[0][1]["model"] == f"smoke/{second}"
        assert answers[0][1]["predictions"] != answers[-1][1]["predictions"]
        (release.released("smoke") / release.POINTER).write_text('{"current": "0009-gone", "before": []}')
        time.sleep(2)
        assert client.predict({"text": "good dress"})[1]["model"] == f"smoke/{first}"


def test_a_damaged_model_is_not_served(folder, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    with (broken / "model.safetensors").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ServedFolderError, match="damaged"):
        startup.run(str(broken), "127.0.0.1", 0, 8, print)


def test_an_open_host_needs_a_token(monkeypatch):
    monkeypatch.delenv("BIGMODEL_TOKEN", raising=False)
    assert token_for("127.0.0.1") is None
    with pytest.raises(ServeError, match="BIGMODEL_TOKEN"):
        token_for("0.0.0.0")
    monkeypatch.setenv("BIGMODEL_TOKEN", "short")
    with pytest.raises(ServeError, match="16 signs"):
        token_for("0.0.0.0")


def test_a_taken_port_is_refused():
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        with pytest.raises(ServeError, match="free port"):
            listen("127.0.0.1", bound.getsockname()[1])
