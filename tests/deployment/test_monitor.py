"""The log keeps what is needed to see a change, and nothing that tells the text."""

import base64
import json

import numpy as np
import pytest

from bigmodel_utils.deployment import monitor

LABELS = ["negative", "positive"]


def answers(count: int, seed: int, sure: float = 0.9, words: int = 6, negative: float = 0.2) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    texts = ["the room was good and " + "lovely " * int(size) for size in rng.poisson(words, count)]
    best = np.clip(rng.normal(sure, 0.03, count), 0.51, 0.999)
    first = np.where(rng.random(count) < negative, best, 1 - best)
    return texts, np.column_stack([first, 1 - first])


def filled(path, *parts, model="m/1"):
    log = monitor.PredictionLog(path)
    for part in parts:
        log.write(model, LABELS, *part)
    log.close()
    return path


@pytest.mark.parametrize(
    ("later", "measure"),
    [
        ({}, None),
        ({"sure": 0.75}, "confidence"),
        ({"words": 14}, "length"),
        ({"negative": 0.5}, "label"),
    ],
)
def test_a_change_raises_its_own_alarm(tmp_path, later, measure):
    found = monitor.watch(filled(tmp_path / "log.jsonl", answers(600, 1), answers(600, 2, **later)))
    assert found.alarm == (measure is not None)
    assert measure is None or found.measures.set_index("measure")["alarm"][measure]
    assert (found.reference, found.new) == (600, 600)


def test_another_language_is_seen(tmp_path):
    texts, rows = answers(400, 1)
    found = monitor.watch(filled(tmp_path / "log.jsonl", (texts, rows), (["这个房间真的很好"] * 400, rows)))
    assert found.measures.set_index("measure")["alarm"]["language"]


def test_only_the_model_served_last_counts(tmp_path):
    path = filled(tmp_path / "log.jsonl", answers(400, 1, sure=0.6))
    found = monitor.watch(filled(path, answers(300, 2), answers(300, 3), model="m/2"))
    assert (found.model, found.reference) == ("m/2", 300)
    assert not found.alarm


def test_a_short_or_missing_log_is_refused(tmp_path):
    with pytest.raises(monitor.MonitorError, match="no predictions"):
        monitor.watch(tmp_path / "none.jsonl")
    with pytest.raises(monitor.MonitorError, match="at least 200"):
        monitor.watch(filled(tmp_path / "log.jsonl", answers(150, 1)))


def test_a_full_file_makes_room_and_a_cut_line_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(monitor, "FILE_BYTES", 60_000)
    path = filled(tmp_path / "log.jsonl", *(answers(100, seed) for seed in range(12)))
    assert path.with_name("log.jsonl.1").is_file()
    assert path.stat().st_size <= 60_000
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.iterdir())
    with path.open("a", encoding="utf-8") as file:
        file.write('{"time": "2026')
    assert monitor.watch(path).reference == 600


def test_hashes_depend_on_the_key(tmp_path, monkeypatch):
    def hashes(name, key):
        if key:
            monkeypatch.setenv("BIGMODEL_KEY", base64.b64encode(key).decode())
        path = filled(tmp_path / name, (["same text"], np.array([[0.2, 0.8]])))
        return json.loads(path.read_text(encoding="utf-8"))["hash"]

    monkeypatch.delenv("BIGMODEL_KEY", raising=False)
    assert hashes("a", None) != hashes("b", None)
    assert hashes("c", b"1" * 32) == hashes("d", b"1" * 32)
    assert hashes("e", b"2" * 32) != hashes("f", b"1" * 32)
