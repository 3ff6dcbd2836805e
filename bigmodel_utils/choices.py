"""The choices that a scenario is made of, each typed; reading one while a page is at work is recorded as a cause."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from bigmodel_utils import trace
from bigmodel_utils.errors import nearest

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


def leaf(value: Any) -> Any:
    """Return a plain value of a scenario as JSON knows it."""
    return value if isinstance(value, str | int | float | None) else json.loads(json.dumps(value, default=str))


class Part(BaseModel):
    """A part of a scenario; reading one of its plain values is recorded as a cause of the result."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)  # most only serve the whole
    _path: str | None = PrivateAttr(None)  # None: not placed in a scenario, or an item of a list, which is a cause as a whole

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if trace.recording() and name in type(self).model_fields and not isinstance(value, Part) and name != "assumptions":
            private = super().__getattribute__("__pydantic_private__")  # None while the part is still being validated
            path = (private or {}).get("_path")
            if path is not None:
                trace.note("scenario", path + name, leaf(value))
        return value

    def _placed(self, path: str = "") -> None:
        """Tell every part where in the scenario it stands."""
        self._path = path
        for name, value in dict(self).items():
            if isinstance(value, Part):
                value._placed(f"{path}{name}.")


class Task(Part):
    """What the model decides. `event` is the label that the business acts on; `kind` says what carries a label.

    `item`, `customer` and `case` are the nouns of the business, in the singular: what is read, who pays, an item of the event.
    """

    kind: Literal["classification", "entities"] = "classification"  # a whole text, or spans inside it

    labels: Annotated[list[str], Field(min_length=2)]
    event: str
    item: str = "text"
    customer: str = "customer"
    case: str = "case"

    @model_validator(mode="after")
    def _event_is_a_label(self) -> Self:
        if self.event not in self.labels:
            raise ValueError(f"event '{self.event}' is not a label; {nearest(self.event, self.labels)}")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"a label twice in {', '.join(self.labels)}; each once")
        return self


class Columns(Part):
    """Names of the columns in the raw data.

    `group` keeps related rows on one side of the split, `time` puts the latest rows into the test, `slices` are kept
    to compare groups of rows (fairness).
    """

    text: str = "text"
    label: str = "label"
    group: str | None = None
    time: str | None = None
    slices: list[str] = []


class Data(Part):
    """Where rows come from: `packaged:NAME`, `file:PATH` (csv, tsv, jsonl, parquet) or `hub:DATASET_ID`."""

    origin: Annotated[str, Field(pattern=r"^(packaged|file|hub):.+")]
    columns: Columns = Columns()
    label_map: dict[str, str]
    hub_split: str = "train"
    max_rows: Count | None = None

    @field_validator("label_map", mode="before")
    @classmethod
    def _numbers_are_text(cls, given: Any) -> Any:
        """YAML reads 5 as a number; in the data it is text."""
        if not isinstance(given, dict):
            return given
        return {str(raw) if type(raw) is int else raw: label for raw, label in given.items()}


class Split(Part):
    """Rows of each part. `augment` fills up scarce labels of training, and of training only, with variants."""

    train: Count
    validation: Annotated[int, Field(ge=20)]
    test: Annotated[int, Field(ge=20)]
    augment: bool = False


class Market(Part):
    country: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    language: str
    data: Data
    split: Split


class Model(Part):
    """Pretrained weights: `packaged:NAME`, `hub:MODEL_ID` or `folder:PATH`."""

    weights: Annotated[str, Field(pattern=r"^(packaged|hub|folder):.+")]
    max_tokens: Annotated[int, Field(ge=8, le=512)] = 96


class Training(Part):
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
    adapter_rank: Annotated[int, Field(ge=0, le=256)] = (
        0  # LoRA: only low-rank additions learn; 0 trains the weights themselves
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None  # None keeps the pretrained model's own
    processes: Count = 1  # copies of the training under torchrun, one per GPU or CPU share
    sharding: Literal["none", "parameters"] = "none"  # `parameters`: FSDP, each process holds a part; a killed one starts anew


class Evaluation(Part):
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    resamples: Annotated[int, Field(ge=100)] = 2000
    latency_requests: Annotated[int, Field(ge=10)] = 60


class Strategies(Part):
    """Ways to the target market that notebook 02 tries beside M_A as it is and M_B, which are always shown."""

    tried: list[Literal["head", "alone", "adapter", "anchored", "joint"]] = ["head", "alone"]
    few: list[Count] = []  # smaller numbers of labels at which each way is tried as well
    seeds: Count = 1  # repeats, each with another order and draw of the rows
    adapter_rank: Annotated[int, Field(ge=1, le=256)] = 8
    adapter_learning_rate: Positive = 5e-4  # low-rank additions want about ten times the rate of the weights
    anchor: Positive = 0.1  # of the way that is held near M_A (L2-SP)
    search_minutes: Annotated[float, Field(ge=0)] = 0.0  # hyper-parameter search; 0 leaves it out
    folds: Annotated[int, Field(ge=0, le=20)] = 0  # cross-validation of M_B; 0 leaves it out

    @model_validator(mode="after")
    def _folds_divide(self) -> Self:
        if self.folds == 1:
            raise ValueError("one fold divides nothing: 0 leaves cross-validation out, 2 is the least")
        return self


class Deployment(Part):
    """What the served model may lose, and how fast it must answer."""

    most_points_lost: Annotated[float, Field(ge=0, le=100)] = 1.0  # accuracy given up for speed, in percentage points
    latency_p95_ms: Positive = 250.0  # the service level under which the sustainable rate is measured
    test_rows: Count = 800  # rows on which compressed variants are compared
    variants: list[str] = []  # names of the compression menu; empty tries all that this machine can run
    distillation_epochs: Annotated[int, Field(ge=0)] = 1  # 0 leaves distillation out
    load_seconds: Positive = 2.0  # per offered rate


class Trust(Part):
    """How private the adaptation must be, who holds the target market's data, and where the model's answers are used."""

    area: str = "undeclared"  # of life in which it decides, of data/facts/compliance_areas.csv: sets the class of risk
    epsilons: Annotated[list[Positive], Field(min_length=1)] = [1.0, 3.0, 8.0]
    delta: Annotated[float, Field(gt=0, lt=1)] | None = None  # None: one over ten times the training rows
    budget: Positive | None = None  # total epsilon that one data set may ever spend; None keeps the account and refuses nothing
    holders: Annotated[list[Annotated[int, Field(ge=2, le=50)]], Field(min_length=1)] = [2, 5]
    rounds: Count = 20
    seeds: Count = 3
    retention_days: Count = 180  # after which results that hold rows of people should be gone


class Compute(Part):
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


class Decision(Part):
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


class Correlation(Part):
    """Two assumptions that move together; `value` is the correlation of their ranks."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    value: Annotated[float, Field(gt=-1, lt=1)]
