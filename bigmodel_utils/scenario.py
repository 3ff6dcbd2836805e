"""A scenario is the one dial: every choice of a run, typed, inherited by `extends`, known by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from bigmodel_utils import paths, trace
from bigmodel_utils.errors import BigModelError, nearest

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class ScenarioError(BigModelError):
    """A scenario that cannot be used as written."""


class _Part(BaseModel):
    """A part of a scenario; reading one of its plain values is recorded as a cause of the result."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    _path: str = PrivateAttr("")

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if trace.recording() and name in type(self).model_fields and not isinstance(value, _Part) and name != "assumptions":
            private = super().__getattribute__("__pydantic_private__")  # None while the part is still being validated
            trace.note("scenario", (private or {}).get("_path", "") + name, leaf(value))
        return value

    def _placed(self, path: str = "") -> None:
        """Tell every part where in the scenario it stands."""
        self._path = path
        for name, value in dict(self).items():
            if isinstance(value, _Part):
                value._placed(f"{path}{name}.")


class Task(_Part):
    """What the model decides. `event` is the label that the business acts on."""

    labels: Annotated[list[str], Field(min_length=2)]
    event: str
    item: str = "text"

    @model_validator(mode="after")
    def _event_is_a_label(self) -> Self:
        if self.event not in self.labels:
            raise ValueError(f"event '{self.event}' is not a label; {nearest(self.event, self.labels)}")
        return self


class Columns(_Part):
    """Names of the columns in the raw data; `group` keeps related rows on one side of the split."""

    text: str = "text"
    label: str = "label"
    group: str | None = None


class Data(_Part):
    """Where rows come from: `packaged:NAME`, `file:PATH` (csv, tsv, jsonl, parquet) or `hub:DATASET_ID`."""

    origin: Annotated[str, Field(pattern=r"^(packaged|file|hub):.+")]
    columns: Columns = Columns()
    label_map: dict[str, str]
    hub_split: str = "train"
    max_rows: Count | None = None


class Split(_Part):
    """Rows of each part. `augment` fills up scarce labels of training, and of training only, with variants."""

    train: Count
    validation: Annotated[int, Field(ge=20)]
    test: Annotated[int, Field(ge=20)]
    augment: bool = False


class Market(_Part):
    country: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    language: str
    data: Data
    split: Split


class Model(_Part):
    """Pretrained weights: `packaged:NAME`, `hub:MODEL_ID` or `folder:PATH`."""

    weights: Annotated[str, Field(pattern=r"^(packaged|hub|folder):.+")]
    max_tokens: Annotated[int, Field(ge=8, le=512)] = 96


class Training(_Part):
    learning_rate: Positive = 5e-5
    batch_size: Count = 16
    epochs: Count = 1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup_share: Share = 0.1
    patience: Count = 2
    checks_per_epoch: Count = 2
    train_embeddings: bool = False
    frozen_layers: Annotated[int, Field(ge=0)] = 0  # counted from the embeddings upwards
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    balance_labels: bool = False  # rare labels weigh as much as common ones
    anchor: Annotated[float, Field(ge=0)] = 0.0  # pull towards the weights that training starts from (L2-SP)


class Evaluation(_Part):
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    resamples: Annotated[int, Field(ge=100)] = 2000
    latency_requests: Annotated[int, Field(ge=10)] = 60


class Compute(_Part):
    """Machines whose prices apply (`provider/region/instance_type` of the facts) to speed measured on CPU, or on GPU."""

    cpu: str
    gpu: str


class Assumption(BaseModel):
    """A range somebody stands for: `fact: ID` of data/facts/ranges.csv, or low, mid, high with unit, source and date."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float
    mid: float
    high: float
    unit: str
    source: Annotated[str, Field(min_length=3)]
    as_of: date
    shape: Literal["pert", "triangular", "lognormal", "uniform"] = "pert"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mid <= self.high:
            raise ValueError(f"expected low <= mid <= high, got {self.low}, {self.mid}, {self.high}")
        if self.shape == "lognormal" and self.low <= 0:
            raise ValueError("a lognormal range lies above zero")
        return self


class Decision(_Part):
    """Go when the chance of gain reaches `go_at`, stop below `stop_at`, else wait."""

    go_at: Share = 0.8
    stop_at: Share = 0.4
    draws: Annotated[int, Field(ge=200)] = 20_000
    horizon_years: Annotated[int, Field(ge=1, le=15)] = 5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stop_at > self.go_at:
            raise ValueError(f"stop_at {self.stop_at} lies above go_at {self.go_at}")
        return self


class Scenario(_Part):
    """Everything a run may depend on."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    title: Annotated[str, Field(min_length=3)]
    question: str
    illustrative: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    task: Task
    source_market: Market
    target_market: Market
    model: Model
    training: Training
    adaptation: Training
    evaluation: Evaluation = Evaluation()
    compute: Compute
    assumptions: dict[str, Assumption]
    decision: Decision = Decision()

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


def leaf(value: Any) -> Any:
    """Return a plain value of a scenario as JSON knows it."""
    return json.loads(json.dumps(value, default=str))


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
    if isinstance(content.get("assumptions"), Mapping):
        content["assumptions"] = {name: _with_fact(value) for name, value in content["assumptions"].items()}
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        raise _explained(error, path) from None
    scenario._placed()
    return scenario


def _find(name: str) -> Path:
    candidate = Path(name)
    path = candidate if candidate.suffix in {".yml", ".yaml"} else paths.scenarios() / f"{name}.yml"
    if not path.is_file():
        raise ScenarioError(f"scenario '{name}'", nearest(name, names()), "data/scenarios/, or the path of a .yml file")
    return path


def _resolve(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path in seen:
        raise ScenarioError(f"'{path.stem}' extends itself", "a chain of parents that ends", paths.shown(path))
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(" ".join(str(error).split()), "YAML text in UTF-8", paths.shown(path)) from None
    if not isinstance(content, dict):
        raise ScenarioError(f"a {type(content).__name__} at the top", "keys and values", paths.shown(path))
    parent = content.pop("extends", None)
    return content if parent is None else _merge(_resolve(_find(parent), (*seen, path)), content)


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
    given = ".".join(where) or "scenario"
    if first["type"] == "extra_forbidden":
        return ScenarioError(f"unknown key '{given}'", nearest(where[-1], _keys_at(where[:-1])), paths.shown(path))
    if first["type"] == "missing":
        return ScenarioError(f"no value for '{given}'", "this key is required", paths.shown(path))
    value = json.dumps(first["input"], default=str, ensure_ascii=False)
    return ScenarioError(f"{given} = {value[:80]}", first["msg"], f"'{given}' in {paths.shown(path)}, or --set {given}=…")


def _keys_at(where: list[str]) -> list[str]:
    part: Any = Scenario
    for step in where:
        field = part.model_fields.get(step)
        part = field.annotation if field else Assumption
        if not (isinstance(part, type) and issubclass(part, BaseModel)):
            part = Assumption
    return list(part.model_fields)
