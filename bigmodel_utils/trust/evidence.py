"""What a run can show to someone who asks what the law asks: a sentence, where it can be looked up, whether it falls short."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bigmodel_utils import paths
from bigmodel_utils.artifacts import DONE, ArtifactError, Run
from bigmodel_utils.data import personal_data
from bigmodel_utils.data.vault import ENDING
from bigmodel_utils.messages import Message
from bigmodel_utils.scenario import DATA, EVALUATION
from bigmodel_utils.trust import audit, way
from bigmodel_utils.value import machines

if TYPE_CHECKING:
    import pandas as pd

Market = Literal["source", "target"]
_DAY = 86_400.0
_LINES = 0.1  # of probability on either side of the threshold: answers that could have come out otherwise


@dataclass(frozen=True)
class Finding:
    """`said` is what the run shows, `where` the artifact that shows it; `short`: it shows that something is missing."""

    said: Message
    where: str
    short: bool = False


def gather(run: Run, market: Market) -> dict[str, Finding]:
    """Return what finished stages of the run show of a market, by name; what none has measured is left out, never assumed."""
    found = {}
    for name, look in (_EVERYWHERE | (_ABROAD if market == "target" else {})).items():
        with contextlib.suppress(ArtifactError):
            if finding := look(run, market):
                found[name] = finding
    return found


def _data_origin(run: Run, market: Market) -> Finding:
    sheet = run.json(DATA, f"{market}_sheet")
    said = Message(
        "{rows:integer} rows were read from {origin}; collected: {collected}; {gaps} known gaps are listed",
        rows=sheet["raw_rows"],
        origin=sheet["origin"],
        collected=str(sheet.get("collected", Message("not stated"))),
        gaps=len(sheet.get("gaps", [])),
    )
    return Finding(said, f"{DATA}/{market}_sheet.json")


def _personal_data(run: Run, market: Market) -> Finding:
    replaced = run.figures(DATA)[f"{market}_personal_data_rows"]
    stored = [text for part in ("train", "validation", "test") for text in run.table(DATA, f"{market}_{part}")["text"]]
    left = sum(bool(personal_data.find(text)) for text in stored)
    said = Message(
        "Personal data were replaced in {replaced:integer} texts before anything was stored; a second look at the {stored:integer} "
        "stored texts finds {left:integer} that still hold some. Names of people are not looked for",
        replaced=replaced,
        stored=len(stored),
        left=left,
    )
    return Finding(said, f"{DATA}/account.parquet", short=left > 0)


def _minimisation(run: Run, market: Market) -> Finding:
    kept, raw = (run.figures(DATA)[f"{market}_{name}"] for name in ("rows", "raw_rows"))
    columns = [column for column in run.table(DATA, f"{market}_train") if column not in ("text", "label", "row")]
    said = Message(
        "{kept:integer} of {raw:integer} rows were kept, and of each only text, label and row number{more}",
        kept=kept,
        raw=raw,
        more=Message(", and {columns}", columns=", ".join(columns)) if columns else "",
    )
    return Finding(said, f"{DATA}/{market}_train.parquet")


def _residency(run: Run, market: Market) -> Finding:
    chosen, scenario = way.allowed(run.scenario), run.scenario
    said = Message(
        "{why} The plan rents machines in {country:country}; this run had all rows on one machine",
        why=chosen.why,
        country=machines.rented(scenario.compute.cpu, scenario).country,
    )
    return Finding(said, "data/facts/policy.csv", short=chosen.kind == "none")


def _encryption(run: Run, market: Market) -> Finding:
    if getattr(run.scenario, f"{market}_market").data.origin.endswith(ENDING):
        said = Message("The raw rows are sealed (AES-256-GCM); prepared rows and models are not, only closed to other accounts")
        return Finding(said, f"{DATA}/{market}_sheet.json")
    said = Message("The raw rows lie on this machine unencrypted: `bigmodel seal` closes a file, and runs read it sealed")
    return Finding(said, f"{DATA}/{market}_sheet.json", short=True)


def _access(run: Run, market: Market) -> Finding | None:
    if os.name != "posix":
        return None
    rights = stat.S_IMODE(run.folder.stat().st_mode)
    if rights & 0o077:
        return Finding(
            Message("Other accounts may look into the run's folder (rights {rights})", rights=f"{rights:o}"), ".", True
        )
    return Finding(Message("Only its owner may look into the run's folder (rights {rights})", rights=f"{rights:o}"), ".")


def _logs(run: Run, market: Market) -> Finding:
    events = audit.entries(scenario=run.scenario.name)
    said = Message(
        "{count:integer} events of this scenario stand in the audit log (accounts of this machine: {accounts}); a served model "
        "logs its answers without the texts",
        count=len(events),
        accounts=len({event["account"] for event in events}),
    )
    return Finding(said, f"data/runs/{audit.NAME}", short=not events)


def _retention(run: Run, market: Market) -> Finding | None:
    ages = [time.time() - path.stat().st_mtime for path in (paths.runs() / run.scenario.name).glob(f"*/{DATA}/{DONE}")]
    if not ages:
        return None
    days = max(ages) / _DAY
    limit = run.scenario.trust.retention_days
    said = Message(
        "The oldest prepared rows of this scenario are {days:integer} days old; the scenario allows {limit:integer}",
        days=int(days),
        limit=limit,
    )
    return Finding(said, f"{DATA}/{DONE}", short=days > limit)


def _accuracy(run: Run, market: Market) -> Finding:
    name = f"accuracy_{market}_b"
    accuracy = run.figures(EVALUATION)[name]
    said = Message(
        "The adapted model reads {mid:percent1} of {n:integer} unseen texts right (between {low:percent1} and {high:percent1})",
        mid=accuracy,
        n=accuracy.n,
        low=accuracy.low,
        high=accuracy.high,
    )
    return Finding(said, f"{EVALUATION}/figures.json#{name}")


def _robustness(run: Run, market: Market) -> Finding:
    noise = run.table(EVALUATION, "noise")
    worst = noise[noise["market"] == "target"].nlargest(1, "lost").iloc[0]
    said = Message(
        "Under mistyping and rewording, accuracy in the target market falls by at most {lost:number1} points "
        "(between {low:number1} and {high:number1})",
        lost=100 * worst["lost"],
        low=100 * worst["low"],
        high=100 * worst["high"],
    )
    return Finding(said, f"{EVALUATION}/noise.parquet")


def _groups(run: Run, market: Market) -> Finding | None:
    groups = run.table(EVALUATION, "groups")
    if len(groups) < 2:
        return None
    apart = _apart(groups, "recall") or _apart(groups, "false_alarm_rate")
    said = Message(
        "Between {count} groups of texts, recall differs by {recall:number1} points and false alarms by {alarms:number1}; {real}",
        count=len(groups),
        recall=100 * float(np.ptp(groups["recall"])),
        alarms=100 * float(np.ptp(groups["false_alarm_rate"])),
        real=Message("the widest gap is beyond chance") if apart else Message("neither gap is shown to be more than chance"),
    )
    return Finding(said, f"{EVALUATION}/groups.parquet", short=apart)


def _apart(groups: pd.DataFrame, rate: str) -> bool:
    """Whether the intervals of two groups do not touch."""
    return bool(groups[f"{rate}_low"].max() > groups[f"{rate}_high"].min())


def _human_review(run: Run, market: Market) -> Finding:
    event, line = run.table(EVALUATION, "predictions")["b"], run.json(EVALUATION, "machine")["threshold"]
    said = Message(
        "At a threshold of {line:number2}, {flagged:percent} of the test texts are flagged for a person, and {close:percent} lie so "
        "near to it that they could have come out otherwise",
        line=line,
        flagged=float((event >= line).mean()),
        close=float(((event - line).abs() < _LINES).mean()),
    )
    return Finding(said, f"{EVALUATION}/predictions.parquet")


_EVERYWHERE: dict[str, Callable[[Run, Market], Finding | None]] = {
    "data_origin": _data_origin,
    "personal_data": _personal_data,
    "minimisation": _minimisation,
    "encryption": _encryption,
    "access": _access,
    "logs": _logs,
    "retention": _retention,
    "accuracy": _accuracy,
}
_ABROAD: dict[str, Callable[[Run, Market], Finding | None]] = {
    "residency": _residency,
    "robustness": _robustness,
    "groups": _groups,
    "human_review": _human_review,
}  # what is measured on the target market's rows only
