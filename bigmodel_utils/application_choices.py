"""What the application notebooks work on: one typed part per application, told apart by `kind`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from bigmodel_utils.choices import Count, Part, Positive, Share

Origin = Annotated[str, Field(pattern=r"^(packaged|file):.+")]  # of a table, of pictures or of texts


class SupportAssistant(Part):
    """Questions of both markets by intent, and answers; of what the assistant answers alone, `error_rate` may be wrong."""

    kind: Literal["support_assistant"]
    questions_home: Origin
    questions_target: Origin
    answers: Origin
    rows_per_intent: Count = 15  # in each market; intents with fewer questions are left out
    question_prefix: str = ""  # what the pretrained weights expect before a question, and before an answer
    answer_prefix: str = ""
    word_weight: Annotated[float, Field(ge=0)] = 0.5  # of shared words beside likeness of meaning, when an answer is looked up
    error_rate: Share = 0.1


class SentimentMonitor(Part):
    """A dated stream of texts; a quiet stream alarms falsely `false_alarms_per_year` times.

    Days before `quiet_before` teach what is usual; `shock` is a day on which the world is known to have changed.
    """

    kind: Literal["sentiment_monitor"]
    stream: Origin
    text_column: str = "text"
    date_column: str = "date"
    quiet_before: date
    shock: date | None = None
    false_alarms_per_year: Positive = 4.0
    topics: Count = 8
    messages_per_day: Count = 100  # of the market's own texts, replayed to plant surges of known size
    surges: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.03, 0.05, 0.1)  # added to the usual share of the event
    plantings: Count = 400  # of each size
    within_days: Count = 7  # a surge lasts so long, and an alarm counts when it comes within it
    rows: Count = 800  # labelled texts that the replay draws from


class HistoryColumns(Part):
    """Names of the columns of histories (user, item, time, rating) and of items (item, title)."""

    user: str = "user"
    item: str = "item"
    time: str = "time"
    rating: str | None = None  # None: every row is a like
    title: str = "title"


class Recommendation(Part):
    """Histories of users and texts of items; the first `top` proposals count.

    `texts` says more of the items, by title and year. Of all items `cold_share` are hidden once, to see what becomes of new ones.
    """

    kind: Literal["recommendation"]
    histories: Origin
    items: Origin
    texts: Origin | None = None
    columns: HistoryColumns = HistoryColumns()
    liked_from: float = 4.0  # a lower rating is no like
    top: Count = 10
    cold_share: Share = 0.1


class MedicalEntities(Part):
    """Sentences in which people marked entities, and clinical notes filed under a drug and a condition."""

    kind: Literal["medical_entities"]
    sentences: Origin
    notes: Origin
    rows: Count = 600  # sentences to learn from
    notes_rows: Count = 300  # sentences of notes with a name in them, and as many without
    test_rows: Count = 600


class ContentGeneration(Part):
    """A causal language model adapted to the target market's texts: `weights`, or one made here from `first_texts`."""

    kind: Literal["content_generation"]
    weights: Annotated[str, Field(pattern=r"^(packaged|hub|folder):.+")] | None = None
    first_texts: Origin = "packaged:peoples_daily"
    first_rows: Count = 3000
    layers: Count = 2  # of a model made here
    width: Annotated[int, Field(ge=32, multiple_of=8)] = 128
    rows: Count = 1500  # texts of the target market to learn from
    checked_rows: Count = 150  # twice as many further ones: to stop on, and to be judged on
    samples: Count = 60
    new_tokens: Count = 48
    copied: Count = 15  # characters in a row that also stand in a training text: a copy


class DividedTable(Part):
    """A table of two markets: rows whose `divide` lies below `at` are the target market; the event is `value` above `above`."""

    origin: Origin
    value: str
    above: float
    divide: str
    at: float
    left_out: tuple[str, ...] = ()


class BeyondText(Part):
    """Pictures and a table of two markets each; the model decides alone where at most `error_rate` of all answers go wrong."""

    kind: Literal["beyond_text"]
    pictures_home: Origin
    pictures_target: Origin
    table: DividedTable
    rows: Count = 200  # labels of the target market to adapt with
    checked_rows: Count = 200  # twice as many further labels: to stop and calibrate on, and to set the line of trust on
    steps: Count = 400  # of each training, at most
    error_rate: Share = 0.02


Application = Annotated[
    SupportAssistant | SentimentMonitor | Recommendation | MedicalEntities | ContentGeneration | BeyondText,
    Field(discriminator="kind"),
]
