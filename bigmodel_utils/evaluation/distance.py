"""How far M_B and its market are from M_A and its own: the six measures of a run."""

from __future__ import annotations

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import gap
from bigmodel_utils.evaluation.judgement import Judgement
from bigmodel_utils.scenario import DATA, MODELS
from bigmodel_utils.training.pretrained import load_tokenizer

TEXTS = 400  # per market: enough for intervals that tell the measures apart


def measure(run: Run, judged: Judgement) -> list[gap.Gap]:
    """Return performance, representation, parameter, domain, calibration and tokenizer gap of M_A and M_B."""
    settings, seed = run.scenario.evaluation, run.scenario.seed
    home, abroad = (run.table(DATA, f"{market}_test") for market in ("source", "target"))
    folder_a, folder_b = (run.path(MODELS, f"model_{name}") for name in ("a", "b"))
    a, b = judged.answers["a"], judged.answers["b"]
    home_by_a, abroad_by_a = (a.vectors[f"{market}_test"][:TEXTS] for market in ("source", "target"))
    confidences = (a.home, home["label"].to_numpy()), (a.abroad, abroad["label"].to_numpy())
    texts = [rows["text"].head(TEXTS).tolist() for rows in (home, abroad)]
    return [
        gap.performance(judged.compare[0]),
        gap.representation(abroad_by_a, b.vectors["target_test"][:TEXTS], settings, seed),
        gap.parameters(folder_a, folder_b)[0],
        gap.domain(home_by_a, abroad_by_a, settings, seed)[0],
        gap.calibration(*confidences, settings, seed),
        gap.tokenizer_premium(load_tokenizer(folder_a), *texts, settings, seed),
    ]
