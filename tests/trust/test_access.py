"""Only the owner looks into runs, the audit log only grows, and no secret enters a scenario, a run or a manifest."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bigmodel_utils import credentials, notebook, paths, scenario
from bigmodel_utils.artifacts import Run
from bigmodel_utils.cli import app
from bigmodel_utils.data import vault
from bigmodel_utils.pipeline import claims, manifest
from bigmodel_utils.scenario import ScenarioError
from bigmodel_utils.trust import audit

KEY = "A" * 42 + "E="


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_run_folder_is_closed_to_other_accounts(workspace: Path) -> None:
    page = notebook.start("01_prepare_data", "smoke")
    assert rights(page.run.folder) == 0o700
    page.run.folder.chmod(0o755)
    assert rights(notebook.start("01_prepare_data", "smoke").run.folder) == 0o700


def test_a_run_that_takes_all_its_stages_over_is_closed_too(workspace: Path) -> None:
    run = Run(scenario.load("smoke"))
    with claims.alone(run):
        assert rights(run.folder) & 0o077 == 0


def test_the_audit_log_only_grows_and_names_nobody(workspace: Path) -> None:
    with audit.logged("run", scenario="smoke", run="abc", first=None):
        first = (workspace / "data" / "runs" / audit.NAME).read_bytes()
    with pytest.raises(KeyError), audit.logged("run", scenario="other"):
        raise KeyError("the value is not written down")
    path = workspace / "data" / "runs" / audit.NAME
    assert path.read_bytes().startswith(first)
    assert rights(path) == 0o600
    entries = audit.entries()
    assert [entry["outcome"] for entry in entries] == ["begun", "finished", "begun", "stopped: KeyError"]
    assert {entry["account"] for entry in entries} == {str(os.getuid())}
    assert set().union(*entries) == {"at", "account", "event", "outcome", "scenario", "run"}
    assert len(audit.entries(scenario="smoke")) == 2
    assert "not written" not in path.read_text()


def test_a_line_that_a_crash_cut_short_does_not_count(workspace: Path) -> None:
    audit.record("run", scenario="smoke")
    path = workspace / "data" / "runs" / audit.NAME
    path.write_text(path.read_text() + '{"at": "2026')
    assert len(audit.entries()) == 1
    audit.record("run", scenario="smoke")  # and costs no event after it
    assert len(audit.entries()) == 2


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "a" * 34,
        "ghp_" + "b" * 36,
        "AKIA" + "C" * 16,
        "sk-" + "d" * 40,
        KEY,
        "-----BEGIN RSA PRIVATE KEY-----",
        "https://me:word@host/data.csv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_a_scenario_with_a_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario.load("smoke", {"question": f"May we use {secret} here?"})
    assert "question" in str(refused.value)
    assert secret not in str(refused.value)


def test_a_secret_in_a_list_or_a_name_is_found() -> None:
    assert credentials.found({"a": {"b": ["fine", KEY]}}) == ("a.b", "a 32-byte key in base64")
    assert credentials.found({KEY: 1}) is not None


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_ordinary_words_are_no_secrets(text: str) -> None:
    assert "://" in text or credentials.found({"title": text}) is None


def test_every_scenario_of_the_project_is_free_of_secrets() -> None:
    assert all(scenario.load(name) for name in scenario.names())


def test_a_key_in_the_environment_reaches_no_manifest(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(vault.KEY_VARIABLE, KEY)
    monkeypatch.setenv("BIGMODEL_TOKEN", "hf_" + "a" * 34)
    page = notebook.start("01_prepare_data", "smoke", {"chain": ["01_prepare_data"]})
    page.save({})
    (page.run.folder / "notebooks").mkdir()
    (page.run.folder / "notebooks" / "01_prepare_data.ipynb").write_text("{}")
    text = json.dumps(manifest.content(Run(page.scenario)))
    text += "".join(path.read_text() for path in page.run.folder.rglob("*.json"))
    assert "smoke" in text
    assert credentials.found(text) is None


def test_the_vault_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = CliRunner().invoke
    plain, sealed, back = tmp_path / "rows.csv", tmp_path / "rows.csv.enc", tmp_path / "back.csv"
    plain.write_text("text,label\n差评,negative\n")
    monkeypatch.delenv(vault.KEY_VARIABLE, raising=False)
    for name in ("old", "new"):
        assert ask(app, ["key", "new", str(tmp_path / name)]).exit_code == 0
        assert rights(tmp_path / name) == 0o600
    monkeypatch.setenv(vault.KEY_FILE_VARIABLE, str(tmp_path / "old"))
    assert ask(app, ["seal", str(plain), str(sealed)]).exit_code == 0
    assert b"negative" not in sealed.read_bytes()
    assert "1 files" in ask(app, ["key", "rotate", str(tmp_path / "new"), str(tmp_path)]).output
    assert isinstance(ask(app, ["unseal", str(sealed), str(back)]).exception, vault.VaultError)
    assert not back.exists()
    monkeypatch.setenv(vault.KEY_FILE_VARIABLE, str(tmp_path / "new"))
    assert ask(app, ["unseal", str(sealed), str(back)]).exit_code == 0
    assert back.read_text() == plain.read_text()
    assert rights(back) == 0o600


def test_bad_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(vault.KEY_VARIABLE, KEY)
    (tmp_path / "rows").write_text("x")
    for words in (
        ["seal", "rows", "rows.txt"],
        ["seal", "none", "none.enc"],
        ["unseal", "none.enc", "none"],
        ["unseal", "rows", "x"],
    ):
        done = CliRunner().invoke(app, [words[0], *(str(tmp_path / word) for word in words[1:])])
        assert isinstance(done.exception, vault.VaultError), words
    assert not list(tmp_path.glob("*.enc"))


def test_a_byte_of_the_log_that_is_no_text_costs_its_line_only(workspace: Path) -> None:
    audit.record("run", scenario="smoke")
    with (paths.runs() / audit.NAME).open("ab") as file:
        file.write(b'{"event": "\xff"}\n')
    audit.record("run", scenario="smoke")
    assert len(audit.entries(scenario="smoke")) == 2
