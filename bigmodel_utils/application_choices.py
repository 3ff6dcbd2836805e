"""What the application notebooks work on: one typed part per application, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bigmodel_utils.choices import Count, Part, Positive, Share

Origin = Annotated[str, Field(pattern=r"^(packaged|file|hub|folder):.+")]


class SupportAssistant(Part):
    """Intents and answers of a help desk; the assistant answers alone where it errs at most at `error_rate`."""

    kind: Literal["support_assistant"]
    intents: Origin
    answers: Origin
    error_rate: Share = 0.1


class SentimentMonitor(Part):
    """A dated stream of texts; a quiet stream alarms falsely `false_alarms_per_year` times."""

    kind: Literal["sentiment_monitor"]
    stream: Origin
    false_alarms_per_year: Positive = 4.0
    topics: Count = 8


class Recommendation(Part):
    """Histories of users and texts of items; the first `top` proposals count."""

    kind: Literal["recommendation"]
    histories: Origin
    items: Origin
    top: Count = 10
    factors: Count = 64


class MedicalEntities(Part):
    """Annotated sentences to learn entities from, and clinical notes to read."""

    kind: Literal["medical_entities"]
    sentences: Origin
    notes: Origin
    rows: Count = 800


class ContentGeneration(Part):
    """A causal language model and the target market's texts that it adapts to."""

    kind: Literal["content_generation"]
    weights: Origin
    texts: Origin
    adapter_rank: Count = 8
    steps: Count = 120
    new_tokens: Count = 40


class DividedTable(Part):
    """A table of two markets: rows whose `divide` lies below `at` are the target market; the event is `value` above `above`."""

    origin: Annotated[str, Field(pattern=r"^(packaged|file):.+")]
    value: str
    above: float
    divide: str
    at: float
    left_out: tuple[str, ...] = ()


class BeyondText(Part):
    """Pictures and a table of two markets each; the model decides alone where at most `error_rate` of all answers go wrong."""

    kind: Literal["beyond_text"]
    pictures_home: Annotated[str, Field(pattern=r"^(packaged|file):.+")]
    pictures_target: Annotated[str, Field(pattern=r"^(packaged|file):.+")]
    table: DividedTable
    rows: Count = 200  # labels of the target market to adapt with
    checked_rows: Count = 200  # twice as many further labels: to stop and calibrate on, and to set the line of trust on
    steps: Count = 400  # of each training, at most
    error_rate: Share = 0.02


Application = Annotated[
    SupportAssistant | SentimentMonitor | Recommendation | MedicalEntities | ContentGeneration | BeyondText,
    Field(discriminator="kind"),
]
