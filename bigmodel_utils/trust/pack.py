"""The compliance pack of a run as a folder: what a person prints, sends to counsel and completes; Markdown, with JSON beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import Run, write_atomic
from bigmodel_utils.messages import LANGUAGES, Message
from bigmodel_utils.scenario import DATA, TRUST
from bigmodel_utils.trust import compliance, licences, model_card
from bigmodel_utils.trust.compliance import Review
from bigmodel_utils.trust.evidence import Finding, gather
from bigmodel_utils.trust.explanation import Told
from bigmodel_utils.trust.markdown import bullet, plain, table

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "pack"
_SIGNS = {
    "answered": "answered from the run",
    "in part": "prepared, to complete",
    "short": "falls short",
    "open": "to complete",
}
_FILES = {
    "compliance.md": "duty by duty: what is asked, what the run shows, what is left to complete",
    "model_card.md": "the adapted model, in the form that Hugging Face reads",
    "data_sheet_source.md": "the home market's rows: where from, what is missing",
    "data_sheet_target.md": "the target market's rows",
    "licences.md": "what was used, and whether business may use it",
    "explanation.md": "one decision as the person affected would be told it, in every language of the report",
}


@dataclass(frozen=True)
class Pack:
    """What the pack holds besides files: the review, and every finding about the target market by name."""

    review: Review
    found: dict[str, Finding]


def assemble(run: Run, held: pd.DataFrame, told: Told, privacy: Finding) -> Pack:
    """Return the review of a run whose own page has just measured licences, an explanation and privacy."""
    risk = compliance.classify(run.scenario)
    card = Finding(Message("A model card and the data sheets of both markets stand in the pack"), f"{TRUST}/pack/model_card.md")
    common = {"licences": licences.finding(held), "risk": risk.finding, "model_card": card}
    own = common | {"explanation": told.finding, "privacy": privacy}
    found = {"target": gather(run, "target") | own, "source": gather(run, "source") | common}
    return Pack(compliance.review(run.scenario, found, risk), found["target"])


def write(run: Run, pack: Pack, held: pd.DataFrame, told: Told) -> Message:
    """Write the folder into the stage under way; returns the sentence that says so."""
    review = pack.review
    texts = {
        "README.md": _readme(run, review),
        "compliance.md": _compliance(review),
        "model_card.md": str(model_card.card(run, pack.found, review.risk.finding)),
        "licences.md": "# Licences\n\n" + table(held.to_dict("records"), list(held.columns)),
        "explanation.md": _explanation(told),
        **{f"data_sheet_{market}.md": _sheet(run, market) for market in ("source", "target")},
    }
    data = {
        "compliance.json": _as_json(run, review),
        "licences.json": held.to_dict("records"),
        "risk.json": {"level": review.risk.level},
    }
    texts |= {name: json.dumps(content, indent=1, ensure_ascii=False) for name, content in data.items()}
    for name, text in texts.items():
        write_atomic(run.new(f"{FOLDER}/{name}"), text.rstrip() + "\n")
    return Message("The pack holds {count} files; they stand beside the report, in the folder `trust`.", count=len(texts))


def _readme(run: Run, review: Review) -> str:
    scenario = run.scenario
    lines = [
        f"# Compliance pack: {plain(scenario.title)}",
        f"Run `{run.id}`. {plain(review.finding.read())} An orientation from dated rows on file, not legal advice.",
        plain(review.risk.sentence.read()),
        table([{"file": name, "holds": what} for name, what in _FILES.items()], ["file", "holds"]),
        "## To complete by a person",
        bullet(
            *(f"{plain(line.regime)}, {plain(line.duty)}: {plain(line.asks)}" for line in review.lines if line.status == "open")
        ),
    ]
    return "\n\n".join(lines)


def _compliance(review: Review) -> str:
    rows = [
        {
            "duty": f"{line.duty} ({line.article})" if line.article else line.duty,
            "asks": line.asks,
            "status": f"{_SIGNS[line.status]}; does not apply yet" if review.ahead(line) else _SIGNS[line.status],
            "what the run shows": line.finding.said.read() if line.finding else "",
            "look it up": line.finding.where if line.finding else "",
            "applies from": line.as_of.isoformat(),
            "checked": line.verified,
        }
        for line in review.lines
    ]
    parts = ["# Duties, one by one", plain(review.risk.sentence.read())]
    for country, regime in dict.fromkeys((line.country, line.regime) for line in review.lines):
        own = [row for row, line in zip(rows, review.lines, strict=True) if (line.country, line.regime) == (country, regime)]
        parts += [f"## {country}: {plain(regime)}", table(own, list(own[0]))]
    unknown = [
        f"{country}: {plain(law or 'no law on file')}: unknown, which is not the same as none; ask counsel"
        for country, law in review.missing
    ]
    return "\n\n".join([*parts, *(["## Without a checklist on file", bullet(*unknown)] if unknown else [])])


def _as_json(run: Run, review: Review) -> dict[str, Any]:
    return {
        "scenario": run.scenario.name,
        "run": run.id,
        "risk": {"level": review.risk.level, "said": review.risk.said.read()},
        "duties": review.table.to_dict("records"),
        "without_checklist": [{"country": country, "law": law} for country, law in review.missing],
    }


def _explanation(told: Told) -> str:
    parts = ["# To the person whom a decision concerns"]
    for language in LANGUAGES:
        parts += [f"## {language}", plain(told.letter.read(language).replace("**", ""))]
    return "\n\n".join([*parts, "## How steady this is", f"{plain(told.finding.said.read())}."])


def _sheet(run: Run, market: str) -> str:
    sheet = run.json(DATA, f"{market}_sheet")
    rows = [{"item": key.replace("_", " "), "as found": _written(value)} for key, value in sheet.items()]
    return f"# Data sheet, {market} market\n\n" + table(rows, ["item", "as found"])


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {item}" for key, item in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
