"""The command as people type it: one refusal in three parts, exit codes, and short answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bigmodel_utils import cli, scenario
from bigmodel_utils.errors import BigModelError

FACTS = Path(__file__).parents[1] / "data" / "facts"


def ask(*words: str) -> str:
    done = CliRunner().invoke(cli.app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_check_tells_the_hash(workspace: Path) -> None:
    smoke = scenario.load("smoke")
    assert f"smoke {smoke.hash}: {smoke.title}; {len(smoke.assumptions)} assumptions" in ask("check", "smoke")


def test_why_names_what_has_not_run(workspace: Path) -> None:
    assert "03_evaluate_model has not finished" in ask("why", "03", "--scenario", "smoke")


def test_estimate_answers_every_row(workspace: Path) -> None:
    out = workspace / "out.csv"
    assert "estimated" in ask("estimate", "training", str(FACTS / "training_runs.csv"), str(out))
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len((FACTS / "training_runs.csv").read_text(encoding="utf-8").splitlines())
    assert {"low", "mid", "high", "rung", "reason"} <= set(lines[0].split(","))


def test_redact_leaves_nothing_personal(workspace: Path) -> None:
    source, out = workspace / "in.txt", workspace / "out.txt"
    source.write_text("write to jane.doe@example.com or 13812345678\n", encoding="utf-8")
    assert "EMAIL" in ask("redact", str(source), str(out))
    assert "jane" not in out.read_text(encoding="utf-8")


def test_list_and_clean_start_empty(workspace: Path) -> None:
    assert ask("list") == ""
    assert "removed 0 runs" in ask("clean")


def test_doctor_finds_this_machine_fit() -> None:
    assert "[FAIL]" not in ask("doctor")


@pytest.mark.parametrize("value", ["seed", "=3", "seed=[1,", "seed=: :"])
def test_a_setting_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(BigModelError, match="--set"):
        CliRunner().invoke(cli.app, ["check", "smoke", "--set", value], catch_exceptions=False)


@pytest.mark.parametrize("where", ["nowhere/out.csv", ""])
def test_a_place_that_cannot_be_written_is_refused_in_words(workspace: Path, where: str) -> None:
    plan = str(FACTS / "training_runs.csv")
    command = [sys.executable, "-m", "bigmodel_utils.cli", "estimate", "training", plan, str(workspace / where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["given", "allowed", "mend"]


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from bigmodel_utils.pipeline import shelf

    def interrupted() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf, "lines", interrupted)
    monkeypatch.setattr(sys, "argv", ["bigmodel", "list"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 130
    assert "what was finished is kept" in capsys.readouterr().err


def test_a_terminal_without_the_signs_of_a_title_gets_its_answer(workspace: Path) -> None:
    (workspace / "own.yml").write_text("extends: smoke\ntitle: 评论 → Berlin", encoding="utf-8")
    command = [sys.executable, "-m", "bigmodel_utils.cli", "check", str(workspace / "own.yml")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONIOENCODING": "latin-1"}
    )
    assert done.returncode == 0, done.stderr
    assert "\\u2192 Berlin" in done.stdout


def test_a_refusal_has_three_parts_no_traceback_and_exit_code_2(workspace: Path) -> None:
    command = [sys.executable, "-m", "bigmodel_utils.cli", "check", "smok"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["given", "allowed", "mend"]
    told = subprocess.run([*command[:3], "--debug", *command[3:]], capture_output=True, text=True, check=False)
    assert "Traceback" in told.stderr
