"""The account of a data set: append-only, never overdrawn, not charged twice for one telling."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigmodel_utils.trust import TrustError, accountant
from bigmodel_utils.trust.ledger import Entry, Ledger, noise_seed


def entry(name: str, noise: float = 4.0) -> Entry:
    return Entry("test", 1.0, 1e-5, noise, 0.25, 50, fingerprint=name)


def test_the_same_training_is_charged_once(workspace: Path) -> None:
    ledger = Ledger("abc")
    assert len(ledger.spend([entry("one"), entry("two")], 50)) == 2
    spent = ledger.spent(1e-5)
    assert ledger.spend([entry("one")], 50) == []
    assert ledger.spent(1e-5) == spent == accountant.epsilon([entry("one").mechanism] * 2, 1e-5)
    assert Ledger("other").spent(1e-5) == 0
    assert all(found.at for found in ledger.entries())


def test_an_overdraft_is_refused_whole_and_leaves_the_account_as_it_was(workspace: Path) -> None:
    ledger = Ledger("abc")
    ledger.spend([entry("one")], 50)
    before = ledger.path.read_bytes()
    with pytest.raises(TrustError) as refused:
        ledger.spend([entry("two"), entry("three", noise=0.5)], ledger.spent(1e-5) * 1.5)
    assert "total epsilon" in refused.value.given
    assert "trust.budget" in refused.value.mend
    assert ledger.path.read_bytes() == before


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0.8, 10), min_size=1, max_size=12), st.floats(0.5, 20))
def test_whatever_is_asked_the_budget_holds(workspace: Path, noises: list[float], budget: float) -> None:
    ledger = Ledger(f"set{abs(hash((tuple(noises), budget)))}")
    for number, noise in enumerate(noises):
        before = ledger.spent(1e-5)
        try:
            ledger.spend([entry(str(number), noise)], budget)
        except TrustError:
            assert ledger.spent(1e-5) == before
        assert before <= ledger.spent(1e-5) <= budget


@pytest.mark.parametrize("damage", ["altered", "removed", "reordered", "torn"])
def test_a_changed_account_is_noticed(workspace: Path, damage: str) -> None:
    ledger = Ledger("abc")
    ledger.spend([entry(name) for name in "pqr"], 50)
    lines = ledger.path.read_text().splitlines()
    changed = {
        "altered": [lines[0].replace("4.0", "9.0"), *lines[1:]],
        "removed": lines[1:],
        "reordered": [lines[0], lines[2], lines[1]],
        "torn": [*lines[:2], lines[2][:40]],
    }[damage]
    ledger.path.write_text("\n".join(changed) + "\n")
    with pytest.raises(TrustError, match="altered"):
        ledger.spend([entry("new")], 50)


def test_noise_repeats_here_and_is_not_told_by_the_fingerprint(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = noise_seed("one")
    assert here == noise_seed("one") != noise_seed("two")
    assert 0 <= here < 2**63
    key = workspace / "data" / "runs" / ".privacy" / "noise.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    (workspace / "elsewhere").mkdir()
    monkeypatch.setenv("BIGMODEL_HOME", str(workspace / "elsewhere"))
    assert noise_seed("one") != here


def test_the_account_outlives_the_runs(workspace: Path) -> None:
    from bigmodel_utils.pipeline import shelf

    ledger = Ledger("abc")
    ledger.spend([entry("one")], 50)
    (workspace / "data" / "runs" / "smoke" / "0123").mkdir(parents=True)
    shelf.clean(0)
    assert json.loads(ledger.path.read_text())["fingerprint"] == "one"


def test_without_a_budget_the_account_is_kept_and_nothing_refused(workspace: Path) -> None:
    ledger = Ledger("open")
    for number in range(6):
        ledger.spend([entry(str(number), 0.6)], None)
    assert len(ledger.entries()) == 6
    assert ledger.spent(1e-5) > 24


def test_a_noise_key_that_a_crash_emptied_is_refused_since_anybody_could_tell_its_noise(workspace: Path) -> None:
    first = noise_seed("one")
    key = workspace / "data" / "runs" / ".privacy" / "noise.key"
    assert (noise_seed("one"), stat.S_IMODE(key.stat().st_mode)) == (first, 0o600)
    key.write_bytes(b"")
    with pytest.raises(TrustError, match="0 bytes"):
        noise_seed("one")
