import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bigmodel_utils import scenario, trace
from bigmodel_utils.errors import BigModelError, nearest
from bigmodel_utils.scenario import ScenarioError


def refused(name: str, **overrides: object) -> ScenarioError:
    with pytest.raises(BigModelError) as caught:
        scenario.load(name, {key.replace("__", "."): value for key, value in overrides.items()})
    assert all((caught.value.given, caught.value.allowed, caught.value.mend))
    return caught.value


@pytest.mark.parametrize("name", scenario.names())
def test_shipped_scenarios_load(name: str) -> None:
    chosen = scenario.load(name)
    assert chosen.name == name
    assert all(a.source and a.as_of for a in chosen.assumptions.values())


def test_smoke_is_the_default_made_small() -> None:
    default, smoke = scenario.load("reviews_us_to_cn"), scenario.load("smoke")
    assert smoke.illustrative
    assert not default.illustrative
    assert smoke.assumptions == default.assumptions
    assert smoke.target_market.split.train < default.target_market.split.train


def test_hash_follows_content_not_order_or_comments(tmp_path: Path) -> None:
    first = scenario.load("smoke")
    assert scenario.load("smoke", {"seed": first.seed}).hash == first.hash
    assert scenario.load("smoke", {"seed": first.seed + 1}).hash != first.hash
    content = yaml.safe_load((Path(__file__).parents[1] / "data/scenarios/smoke.yml").read_text())
    copy = tmp_path / "smoke.yml"
    copy.write_text("# another comment\n" + yaml.safe_dump(dict(reversed(content.items()))))
    assert scenario.load(str(copy)).hash == first.hash


def test_missing_scenario_names_the_nearest() -> None:
    assert "'reviews_us_to_cn'" in refused("reviews_us_to_cm").allowed


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("sed", 3, "'seed'"),
        ("target_market.split.tran", 3, "'train'"),
        ("adaptation.weight_decai", 0.1, "'weight_decay'"),
        ("assumptions.label_usd.hihg", 3, "'high'"),
        ("task.event", "negatve", "negative"),
        ("assumptions.label_usdd.mid", 0.06, "'label_usd'"),
        ("target_market.data.label_map", {"5": "negativ"}, "'negative'"),
    ],
)
def test_typo_is_refused_with_the_nearest_name(key: str, value: object, hint: str) -> None:
    assert hint in refused("smoke", **{key: value}).allowed


@pytest.mark.parametrize(
    ("name", "key", "hint"),
    [
        ("content_generation", "sampels", "did you mean 'samples'"),
        ("recommendation", "columns.usr", "did you mean 'user'"),
        ("beyond_text", "table.valeu", "did you mean 'value'"),
    ],
)
def test_a_typo_inside_an_application_is_named_as_it_was_written(name: str, key: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario.load(name, {f"application.{key}": 3})
    assert caught.value.given == f"unknown key 'application.{key}'"
    assert hint in caught.value.allowed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", -1),
        ("seed", "seven"),
        ("training.learning_rate", 0),
        ("training.warmup_share", 1.2),
        ("model.weights", "e5"),
        ("target_market.country", "China"),
        ("assumptions.label_usd.low", 9.0),
        ("assumptions.label_usd.source", ""),
        ("assumptions.label_usd.as_of", "soon"),
        ("assumptions.label_usd", 0.06),
        ("decision.stop_at", 0.95),
        ("evaluation.confidence", float("nan")),
        ("target_market", 3),
        ("seed.deep", 3),
        ("assumptions", [1]),
        ("task.labels", ["negative", "positive", "negative"]),
        ("chain", ["01_prepare_data", "01_prepare_data"]),
    ],
)
def test_impossible_values_are_refused(key: str, value: object) -> None:
    assert key.split(".")[0] in str(refused("smoke", **{key: value}))


def test_broken_files_are_refused(tmp_path: Path) -> None:
    cases = {"loop": "extends: PATH", "list": "- 1", "tab": "a:\n\t- b", "latin": b"title: caf\xe9"}
    for name, text in cases.items():
        path = tmp_path / f"{name}.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.replace("PATH", str(path)).encode())
        assert refused(str(path)).mend == f"{name}.yml"


def test_a_parent_is_found_beside_its_child_wherever_the_command_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "meine Daten ü"
    folder.mkdir()
    (folder / "base.yml").write_text("extends: smoke\nseed: 5\n")
    (folder / "child.yml").write_text("extends: base.yml\n")
    monkeypatch.chdir(tmp_path)
    assert scenario.load(str(folder / "child.yml")).seed == 5
    (folder / "lost.yml").write_text("extends: 5\n")
    assert "'5'" in refused(str(folder / "lost.yml")).given


def test_labels_that_yaml_reads_as_numbers_are_text() -> None:
    chosen = scenario.load("smoke", {"target_market.data.label_map": {1: "negative", "5": "positive"}})
    assert chosen.target_market.data.label_map == {"1": "negative", "5": "positive"}


def test_parts_that_contradict_each_other_are_named_not_printed_whole() -> None:
    told = refused("smoke", target_market__data__label_map={"5": "negativ"})
    assert told.given == "target_market.data.label_map leads to 'negativ'"


def test_unknown_assumption_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="label_usd"):
        scenario.load("smoke").assumption("lable_usd")


def test_nearest_is_readable() -> None:
    assert nearest("sed", ["seed", "title"]).startswith("did you mean 'seed'?")
    assert "(40 in all)" in nearest("x", map(str, range(40)))


def test_importing_the_package_is_light() -> None:
    heavy = "{'torch', 'transformers', 'pandas', 'matplotlib', 'papermill'}"
    code = f"import sys, bigmodel_utils, bigmodel_utils.cli; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_item_of_a_list_is_a_cause_as_part_of_its_list() -> None:
    chosen = scenario.load("smoke")
    trace.start()
    assert [pair.value for pair in chosen.correlations]
    noted = trace.seen()
    known = scenario.causes(chosen)
    assert noted
    assert {name: known[name] for name in noted} == noted
