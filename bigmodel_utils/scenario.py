"""A scenario is the one dial: every choice of a run, typed, inherited by `extends`, known by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from bigmodel_utils import credentials, paths, trace
from bigmodel_utils.application_choices import Application
from bigmodel_utils.choices import (
    Assumption,
    Compute,
    Correlation,
    Decision,
    Deployment,
    Evaluation,
    Market,
    Model,
    Part,
    Strategies,
    Task,
    Training,
    Trust,
    leaf,
)
from bigmodel_utils.errors import BigModelError, nearest

DATA = "01_prepare_data"
MODELS = "02_train_model"
EVALUATION = "03_evaluate_model"
DEPLOYMENT = "04_deploy_model"
MARKET = "05_size_market"
VALUE = "06_estimate_value"
TRUST = "07_check_trust"
DECISION = "08_decide"
CHAIN = (DATA, MODELS, EVALUATION, DEPLOYMENT, MARKET, VALUE, TRUST, DECISION)  # notebooks that lead to a decision, in order
BESIDE = (
    "00_foundations",
    "11_support_assistant",
    "12_sentiment_monitor",
    "13_recommendation",
    "14_medical_entities",
    "15_content_generation",
    "16_beyond_text",
)  # notebooks that a scenario may name in its `chain` as well


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where libyaml is there, it reads eight times as fast


class ScenarioError(BigModelError):
    """A scenario that cannot be used as written."""


class Scenario(Part):
    """Everything a run may depend on."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    title: Annotated[str, Field(min_length=3)]
    question: str
    illustrative: bool = False
    chain: Annotated[tuple[str, ...], Field(min_length=1)] = CHAIN
    accept_licence: bool = False  # of data sets that are free for research or personal use only
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    task: Task
    source_market: Market
    target_market: Market
    model: Model
    training: Training
    adaptation: Training
    strategies: Strategies = Strategies()
    evaluation: Evaluation = Evaluation()
    deployment: Deployment = Deployment()
    trust: Trust = Trust()
    compute: Compute
    assumptions: dict[str, Assumption]
    correlations: tuple[Correlation, ...] = ()
    decision: Decision = Decision()
    application: Application | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for stage in self.chain:
            if stage not in (*CHAIN, *BESIDE):
                raise ValueError(f"no notebook '{stage}'; {nearest(stage, (*CHAIN, *BESIDE))}")
        if len(set(self.chain)) < len(self.chain):
            raise ValueError(f"a notebook twice in the chain {', '.join(self.chain)}; each once")
        for name in (name for pair in self.correlations for name in pair.between):
            if name not in self.assumptions:
                raise ValueError(f"correlation of '{name}'; {nearest(name, self.assumptions)}")
        for market in ("source_market", "target_market"):
            for label in getattr(self, market).data.label_map.values():
                if label not in self.task.labels:
                    raise ValueError(f"{market}.data.label_map leads to '{label}'; {nearest(label, self.task.labels)}")
        return self

    @property
    def hash(self) -> str:
        """First 12 hex digits of the SHA-256 of the resolved content."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def assumption(self, name: str) -> Assumption:
        """Return the named assumption; raises ScenarioError with the nearest name."""
        if name not in self.assumptions:
            raise ScenarioError(
                f"assumption '{name}'", nearest(name, self.assumptions), f"data/scenarios/{self.name}.yml, under assumptions"
            )
        trace.note("assumption", name, self.assumptions[name].model_dump(mode="json"))
        return self.assumptions[name]


def causes(part: BaseModel, path: str = "") -> dict[str, Any]:
    """Return every cause that a scenario can be: its plain values as `scenario:KEY`, its assumptions by name."""
    found: dict[str, Any] = {}
    for field, value in dict(part).items():
        if field == "assumptions":
            found |= {f"assumption:{name}": a.model_dump(mode="json") for name, a in value.items()}
        elif isinstance(value, BaseModel):
            found |= causes(value, f"{path}{field}.")
        else:
            found[f"scenario:{path}{field}"] = leaf(value)
    return found


def plain_values(text: str) -> Any:
    """Return what YAML text holds, as `yaml.safe_load` does; raises yaml.YAMLError."""
    return _Loader(text).get_single_data()


def names() -> list[str]:
    """Return the names of the scenarios that ship with the project."""
    return sorted(path.stem for path in paths.scenarios().glob("*.yml"))


def load(name: str, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario called `name` (or the YAML file at that path), with dotted `overrides` applied.

    Raises ScenarioError for a missing file, unknown key, wrong type or impossible value.
    """
    path = _find(name)
    content = _resolve(path, seen=())
    content["name"] = path.stem
    for key, value in (overrides or {}).items():
        _override(content, key, value)
    if secret := credentials.found(content):  # said without the value: a message ends up in logs
        raise ScenarioError(f"{secret[1]} under '{secret[0]}'", "secrets in the environment or a key file", paths.shown(path))
    if isinstance(content.get("assumptions"), Mapping):
        content["assumptions"] = {name: _with_fact(value) for name, value in content["assumptions"].items()}
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        raise _explained(error, path) from None
    scenario._placed()
    return scenario


def _find(name: str, beside: Path = Path()) -> Path:
    """Return the file of scenario `name`; a path is read from the folder `beside`, a parent's from that of its child."""
    candidate = beside / name
    path = candidate if candidate.suffix in {".yml", ".yaml"} else paths.scenarios() / f"{name}.yml"
    if not path.is_file():
        raise ScenarioError(f"scenario '{name}'", nearest(name, names()), "data/scenarios/, or the path of a .yml file")
    return path


def _resolve(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path in seen:
        raise ScenarioError(f"'{path.stem}' extends itself", "a chain of parents that ends", paths.shown(path))
    try:
        content = plain_values(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(" ".join(str(error).split()), "YAML text in UTF-8", paths.shown(path)) from None
    if not isinstance(content, dict):
        raise ScenarioError(f"a {type(content).__name__} at the top", "keys and values", paths.shown(path))
    parent = content.pop("extends", None)
    return content if parent is None else _merge(_resolve(_find(str(parent), path.parent), (*seen, path)), content)


def _merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        replace = key == "label_map" or not (isinstance(value, Mapping) and isinstance(old, Mapping))
        merged[key] = value if replace else _merge(old, value)
    return merged


def _override(content: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    part = content
    for depth, name in enumerate(parents):
        if parents[:depth] == ["assumptions"] and name not in part:  # one value alone makes no assumption
            raise ScenarioError(f"assumption '{name}'", nearest(name, part), "--set, or `overrides`")
        part = part.setdefault(name, {})
        if not isinstance(part, dict):
            raise ScenarioError(f"override '{key}'", f"'{'.'.join(parents[: depth + 1])}' is a value", "--set, or `overrides`")
    part[last] = value


def _with_fact(assumption: Any) -> Any:
    """Replace `fact: ID` by that row's range, source and date; other keys given beside it win."""
    from bigmodel_utils import facts

    if not (isinstance(assumption, Mapping) and "fact" in assumption):
        return assumption
    given = {key: value for key, value in assumption.items() if key != "fact"}
    return {**facts.as_range(str(assumption["fact"])), **given}


def _explained(error: ValidationError, path: Path) -> ScenarioError:
    first = error.errors()[0]
    where = [str(step) for step in first["loc"]]
    given = ".".join(where[:1] + where[2:] if where[:1] == ["application"] else where)  # its kind is no key
    if first["type"] == "extra_forbidden":
        return ScenarioError(f"unknown key '{given}'", nearest(where[-1], _keys_at(where[:-1])), paths.shown(path))
    if first["type"] == "missing":
        return ScenarioError(f"no value for '{given}'", "this key is required", paths.shown(path))
    said = first["msg"].removeprefix("Value error, ")
    if not where:  # two parts that contradict each other
        wrong, _, allowed = said.partition("; ")
        return ScenarioError(wrong, allowed, paths.shown(path))
    value = json.dumps(first["input"], default=str, ensure_ascii=False)
    return ScenarioError(f"{given} = {value[:80]}", said, f"'{given}' in {paths.shown(path)}, or --set {given}=…")


def _keys_at(where: list[str]) -> list[str]:
    """Return the keys of the part at `where`, whose steps are keys, names of assumptions, places in lists and kinds of application."""
    parts: list[type[BaseModel]] = [Scenario]
    for step in where:
        field = parts[0].model_fields.get(step)
        of_kind = [
            part for part in parts if "kind" in part.model_fields and step in get_args(part.model_fields["kind"].annotation)
        ]
        parts = _parts_in(field.annotation) if field else of_kind or parts
    return list(parts[0].model_fields)


def _parts_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _parts_in(inner)]
