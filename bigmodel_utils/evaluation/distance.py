"""How far M_B and its market are from M_A and its own: the six measures of a run."""

from __future__ import annotations

from bigmodel_utils.artifacts import Run
from bigmodel_utils.evaluation import gap
from bigmodel_utils.evaluation.judgement import DATA, MODELS, Judgement
from bigmodel_utils.evaluation.predict import Classifier

TEXTS = 400  # per market: enough for intervals that tell the measures apart


def measure(run: Run, judged: Judgement) -> list[gap.Gap]:
    """Return performance, representation, parameter, domain, calibration and tokenizer gap of M_A and M_B."""
    settings, seed = run.scenario.evaluation, run.scenario.seed
    home, abroad = (run.table(DATA, f"{market}_test").head(TEXTS) for market in ("source", "target"))
    folder_a, folder_b = (run.path(MODELS, f"model_{name}") for name in ("a", "b"))
    model = Classifier.load(folder_b)
    abroad_by_b = model.representations(abroad["text"].tolist())
    model = Classifier.load(folder_a)  # in place of M_B: one model in memory at a time
    abroad_by_a, home_by_a = (model.representations(rows["text"].tolist()) for rows in (abroad, home))
    answers = [(model.probabilities(rows["text"].tolist()), rows["label"].to_numpy()) for rows in (home, abroad)]
    return [
        gap.performance(judged.compare[0]),
        gap.representation(abroad_by_a, abroad_by_b, settings, seed),
        gap.parameters(folder_a, folder_b)[0],
        gap.domain(home_by_a, abroad_by_a, settings, seed)[0],
        gap.calibration(*answers, settings, seed),
        gap.tokenizer_premium(model.tokenizer, home["text"].tolist(), abroad["text"].tolist(), settings, seed),
    ]
