"""A sentiment monitor: a dated stream read by M_B, its topics, and an alarm where messages turn negative."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bigmodel_utils.application_choices import SentimentMonitor
from bigmodel_utils.applications import inputs, surge
from bigmodel_utils.applications.inputs import InputError
from bigmodel_utils.applications.replay import Replay
from bigmodel_utils.data import personal_data
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import Scenario
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    import pandas as pd

_OFFSET = re.compile(r"([T ]\d\d.*?)\s*(?:Z|[+-]\d\d(?::?\d\d)?)$")


def read(scenario: Scenario) -> pd.DataFrame:
    """Return date and text of the stream, oldest first; texts on one line, personal data masked.

    A text belongs to the day on its own clock, whatever its offset from UTC.
    Raises InputError for a missing column, a date that is none, or a stream that ends before it is quiet no longer.
    """
    import pandas as pd

    chosen = inputs.chosen(scenario, SentimentMonitor)
    frame = inputs.frame(chosen.stream, scenario.accept_licence)
    inputs.need(frame, (chosen.text_column, chosen.date_column), chosen.stream)
    written = frame[chosen.date_column].astype("str").str.replace(_OFFSET, r"\1", regex=True)
    dates = pd.to_datetime(written, format="ISO8601", errors="coerce")
    if dates.isna().any():
        given = str(frame[chosen.date_column][dates.isna()].iloc[0])[:40]
        raise InputError(f"{given!r} as a date in {chosen.stream}", "dates as 2026-11-01", chosen.date_column)
    lines = frame[chosen.text_column].fillna("").astype(str).str.split().str.join(" ")
    texts = [personal_data.masked(line) for line in lines]
    stream = pd.DataFrame({"date": dates.dt.normalize(), "text": texts})
    stream = stream[stream["text"] != ""].sort_values("date", kind="stable").reset_index(drop=True)
    if stream.empty or not stream["date"].min() < pd.Timestamp(chosen.quiet_before) <= stream["date"].max():
        given = f"quiet before {chosen.quiet_before}, in a stream of {len(stream)} texts"
        raise InputError(given, "a day inside the stream", "application.quiet_before")
    return stream


@dataclass(frozen=True)
class Watched:
    """The dated stream as the monitor saw it. `daily`: date, messages, negative (mean score in deviations), level, alarm."""

    daily: pd.DataFrame
    texts: pd.DataFrame  # date, text, score (deviations from the usual), topic
    topics: tuple[str, ...]
    watch: surge.Watch
    quiet_days: int
    per_year: Quantity  # false alarms
    first: pd.Timestamp | None  # first alarm after the quiet days
    shock: pd.Timestamp | None

    @property
    def delay_days(self) -> int | None:
        """Days from the known shock to the first alarm; below zero when it came before."""
        return None if self.first is None or self.shock is None else (self.first - self.shock).days


def watch(scenario: Scenario, stream: pd.DataFrame, scores: np.ndarray) -> Watched:
    """Return the stream day by day: what was usual on quiet days, the level, the alarms. scores: of the texts."""
    import pandas as pd

    chosen = inputs.chosen(scenario, SentimentMonitor)
    frame = stream.assign(score=scores)
    daily = frame.groupby("date")["score"].agg(["size", "sum"])
    daily = daily.reindex(pd.date_range(daily.index.min(), daily.index.max(), name="date"), fill_value=0.0)
    days = daily.to_numpy(dtype=float)
    quiet = np.asarray(daily.index < pd.Timestamp(chosen.quiet_before))
    usual = frame.loc[frame["date"] < pd.Timestamp(chosen.quiet_before), "score"].to_numpy()
    learned = surge.learn(days[quiet], usual, "sum", chosen.false_alarms_per_year, scenario.seed)
    rates = surge.false_alarms(days[quiet], usual, learned, chosen.false_alarms_per_year, scenario.seed)
    levels = learned.levels(days)
    mean = np.divide(days[:, 1], days[:, 0], out=np.full(len(days), np.nan), where=days[:, 0] > 0)
    table = daily.reset_index().rename(columns={"size": "messages"}).drop(columns="sum")
    table = table.assign(negative=(mean - learned.mean) / learned.deviation, level=levels, alarm=levels > learned.height)
    after = table[table["alarm"] & ~quiet]
    first = after["date"].iloc[0] if len(after) else None
    names, topic = topics(stream["text"].tolist(), chosen.topics, scenario.seed)
    texts = frame.assign(score=(scores - learned.mean) / learned.deviation, topic=topic)
    shock = pd.Timestamp(chosen.shock) if chosen.shock else None
    return Watched(table, texts, names, learned, int(quiet.sum()), _promised(rates, chosen), first, shock)


def _promised(rates: np.ndarray, chosen: SentimentMonitor) -> Quantity:
    low, high = np.percentile(rates, [10, 90])
    asked = chosen.false_alarms_per_year
    ends, source = (min(low, asked), asked, max(high, asked)), "quiet days of this stream, drawn again"
    method = "bootstrap of the quiet days that it learned from, 80 %"
    return Quantity.estimated(*ends, "alarms per quiet year", source=source, method=method, n=len(rates))


def topics(texts: list[str], count: int, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return topic names (three heaviest words each) and the topic of each text; -1 where no word of a topic occurs.

    Non-negative factors of word counts (Lee and Seung 1999). They explain alarms and do not raise them.
    """
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", min_df=5, max_df=0.3, sublinear_tf=True)
    try:
        counts = words.fit_transform([re.sub(r"\d", " ", text) for text in texts])
    except ValueError:
        given, allowed = f"{len(texts)} texts that share no words", "words that come back in five texts or more"
        raise InputError(given, allowed, "application.stream") from None
    model = NMF(min(count, *counts.shape), init="nndsvda", max_iter=1000, random_state=seed)
    weights = model.fit_transform(counts)
    terms = words.get_feature_names_out()
    names = tuple(" ".join(terms[np.argsort(-row)[:3]]) for row in model.components_)
    return names, np.where(weights.max(axis=1) > 0, weights.argmax(axis=1), -1)


def chance_of_alarm(watched: Watched) -> float | None:
    """Return how likely a quiet stream alarms in as many days as passed to the first alarm; alarms come at random."""
    if watched.first is None:
        return None
    waited = (watched.first - watched.daily["date"].iloc[watched.quiet_days]).days + 1
    return 1 - float(np.exp(-watched.per_year.mid * waited / surge.YEAR))


def figures(replayed: Replay, watched: Watched, confidence: float) -> dict[str, Quantity]:
    """Return the headline figures: surges found by size, false alarms a year, days from the known shock to the alarm."""
    found = {f"found_at_{round(1000 * size)}_permille": replayed.found("b", size, confidence) for size in replayed.sizes}
    found |= {"false_alarms_year": watched.per_year, "accuracy_home": replayed.home}
    if watched.delay_days is not None:
        found["delay_days"] = Quantity(
            mid=watched.delay_days, unit="days", origin="measured", source="this run, dated stream", n=len(watched.texts)
        )
    return found


def reads_home(replayed: Replay) -> Message:
    """Return how well M_B, which was adapted abroad, still reads the home market's texts."""
    return Message(
        "The adapted model has {share:percent} of the home market's unseen texts right ({low:percent} to {high:percent}).",
        share=replayed.home, low=replayed.home.low, high=replayed.home.high,
    )  # fmt: skip


def finding(replayed: Replay, watched: Watched, confidence: float) -> Message:
    """Return what the page came to, true whichever way it came out."""
    size = replayed.sizes[len(replayed.sizes) // 2]
    return Message(
        "A surge from {usual:percent} to {high:percent} of complaints is found while it lasts in {found:percent} of cases "
        "({low:percent} to {top:percent}); {delay} {lead} {real} About {alarms:integer} alarms a quiet year are "
        "false ({least:integer} to {most:integer}).",
        usual=replayed.usual, high=replayed.usual + size, found=(share := replayed.found("b", size, confidence)), low=share.low, top=share.high,
        delay=_delay(replayed.delay("b", size)), lead=_lead(replayed, size), real=_real(watched), alarms=watched.per_year,
        least=watched.per_year.low, most=watched.per_year.high,
    )  # fmt: skip


def _delay(day: float | None) -> Message:
    if day is None:
        return Message("more than half are missed.")
    return Message("half of all are found by day {day:integer}.", day=day)


def _lead(replayed: Replay, size: float) -> Message:
    c = next(c for c in replayed.compared[size] if c.second == "rival")
    if not c.is_real:
        return Message("A lead over word counts is not shown.")
    if c.difference.mid > 0:
        return Message("Word counts find {points:number1} points fewer.", points=100 * c.difference.mid)
    return Message("Word counts find {points:number1} points more.", points=-100 * c.difference.mid)


def _real(watched: Watched) -> Message:
    if watched.first is None:
        return Message("In the dated stream no alarm came after the quiet days.")
    day, chance = watched.first.date(), chance_of_alarm(watched)
    if watched.delay_days is None:
        return Message(
            "The dated stream alarmed on {day:date}; a quiet one would have with a chance of {chance:percent}.",
            day=day,
            chance=chance,
        )
    if watched.delay_days > 0:
        return Message(
            "The dated stream alarmed on {day:date}, {days} days after the known shock.", day=day, days=watched.delay_days
        )
    return Message(
        "The dated stream alarmed on {day:date}, {days} days before the known shock; a quiet one would have with a chance of {chance:percent}.",
        day=day, days=-watched.delay_days, chance=chance,
    )  # fmt: skip
