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


class BeyondText(Part):
    """Pictures and a table: the same questions where nothing is text."""

    kind: Literal["beyond_text"]
    pictures: Origin
    table: Origin
    epochs: Count = 8


Application = Annotated[
    SupportAssistant | SentimentMonitor | Recommendation | MedicalEntities | ContentGeneration | BeyondText,
    Field(discriminator="kind"),
]
