"""The model card of M_B in the form that Hugging Face reads, written from what the run measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bigmodel_utils.artifacts import Run
from bigmodel_utils.scenario import DATA, EVALUATION
from bigmodel_utils.training import pretrained
from bigmodel_utils.trust import licences
from bigmodel_utils.trust.evidence import Finding
from bigmodel_utils.trust.markdown import bullet, plain
from bigmodel_utils.units import Quantity

if TYPE_CHECKING:
    from huggingface_hub import ModelCard

TO_COMPLETE = "*to complete by the company*"


def card(run: Run, found: dict[str, Finding], risk: Finding) -> ModelCard:
    """Return the card of a run's adapted model; raises ArtifactError when notebook 01 or 03 has not run."""
    from huggingface_hub import ModelCard

    header = f"---\n{_metadata(run).to_yaml()}\n---\n\n"
    return ModelCard(header + "\n\n".join(_sections(run, found, risk)) + "\n", ignore_metadata_errors=False)


def _metadata(run: Run) -> Any:
    from huggingface_hub import EvalResult, ModelCardData

    scenario, figures = run.scenario, run.figures(EVALUATION)
    sheet = run.json(DATA, "target_sheet")
    accuracy = EvalResult(
        task_type="text-classification",
        dataset_type=_slug(sheet["origin"]),
        dataset_name=f"{scenario.target_market.country} {scenario.task.item}s, held-out rows",
        dataset_split="test",
        metric_type="accuracy",
        metric_value=round(figures["accuracy_target_b"].mid, 4),
    )
    kind, _, name = scenario.model.weights.partition(":")
    known = pretrained.stated(scenario.model.weights)
    about, licence = (known["about"].split(",")[0], licences.judged(known["licence"])[0]) if known else (name, "")
    return ModelCardData(
        model_name=f"{scenario.name}-b",
        language=list(dict.fromkeys([scenario.target_market.language, scenario.source_market.language])),
        license="other",
        license_name=f"to-be-decided-weights-{licence.lower() or 'unknown'}",
        base_model=about if kind != "folder" else None,
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["bigmodel", "market-adaptation", scenario.target_market.country.lower()],
        metrics=["accuracy"],
        eval_results=[accuracy],
    )


def _slug(origin: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in origin).strip("-").lower()


def _sections(run: Run, found: dict[str, Finding], risk: Finding) -> list[str]:
    scenario, figures = run.scenario, run.figures(EVALUATION)
    sheets = {market: run.json(DATA, f"{market}_sheet") for market in ("source", "target")}
    return [
        f"# {plain(scenario.title)}: the adapted model",
        f"Decides whether a {plain(scenario.task.item)} is {_listed(scenario.task.labels)}. It was trained on rows of "
        f"{scenario.source_market.country} ({scenario.source_market.language}) and adapted with rows of "
        f"{scenario.target_market.country} ({scenario.target_market.language}). Run `{run.id}` of scenario `{scenario.name}`.",
        *(["**The scenario is marked as illustrative: its figures show the form, not a fact.**"] * scenario.illustrative),
        "## Use",
        bullet(f"Meant for: {plain(scenario.question)}", plain(risk.said.read()), f"Not meant for: {TO_COMPLETE}"),
        "## Data",
        *(_data(market, sheet) for market, sheet in sheets.items()),
        "## How well it does",
        _scores(figures),
        _told(found, ("accuracy", "groups", "robustness", "human_review")),
        "## Privacy and safety",
        _told(found, ("personal_data", "privacy", "licences")),
        "## Limits",
        bullet(*(plain(gap) for sheet in sheets.values() for gap in sheet.get("gaps", []))),
        "## Who answers for it",
        bullet(f"Developed by: {TO_COMPLETE}", f"Contact: {TO_COMPLETE}"),
    ]


def _listed(labels: Sequence[str]) -> str:
    return " or ".join(plain(label) for label in labels)


def _data(market: str, sheet: dict[str, Any]) -> str:
    parts = ", ".join(f"{count:,} {part}" for part, count in sheet["parts"].items())
    name = {"source": "Home market", "target": "Target market"}[market]
    about, licence = plain(sheet.get("about", sheet["origin"])), plain(sheet.get("licence", "none"))
    return f"**{name}.** {about}: {parts} rows. Licence as stated: {licence}."


def _scores(figures: dict[str, Quantity]) -> str:
    wanted = {"accuracy_target_b": "accuracy, target market", "accuracy_source_b": "accuracy, home market",
              "recall_b": "recall of the event at the threshold", "false_alarm_rate_b": "false alarms at the threshold"}  # fmt: skip
    rows = ["| measure | value | interval | rows |", "|---|---|---|---|"]
    for name, label in wanted.items():
        if q := figures.get(name):
            between = f"{q.low:.1%} to {q.high:.1%}" if q.low is not None else "–"
            rows.append(f"| {label} | {q.mid:.1%} | {between} | {q.n or '–'} |")
    return "\n".join(rows)


def _told(found: dict[str, Finding], names: Sequence[str]) -> str:
    return bullet(*(plain(found[name].said.read()) for name in names if name in found))
