import pandas as pd
import pytest

from bigmodel_utils.report import charts, strategy_tables
from bigmodel_utils.report.charts.strategies import NAMES

ROW = {"labels": 100, "seeds": 1, "n": 400, "n_home": 300, "trained": 1000, "seconds": 60.0}
INTERVALS = ("accuracy", "home", "difference", "forgotten")


def _ways(*rows: tuple[str, float, float, float, float]) -> pd.DataFrame:
    """Ways from (strategy, accuracy, difference, forgotten, half an interval); the adapted model has 0.85."""
    missing = float("nan")
    made = [("full", 0.85, missing, 0.02, 0.03), *rows]
    table = []
    for strategy, accuracy, difference, forgotten, half in made:
        values = {"accuracy": accuracy, "home": 0.9 - forgotten, "difference": difference, "forgotten": forgotten}
        ends = {f"{name}_{end}": values[name] + sign * half for name in INTERVALS for end, sign in (("low", -1), ("high", 1))}
        table.append({"strategy": strategy, **ROW, **values, **ends, "worst_seed": accuracy, "best_seed": accuracy})
    return pd.DataFrame(table)


LEVEL = _ways(("head", 0.84, -0.01, 0.0, 0.02), ("alone", 0.7, -0.15, 0.2, 0.02))
LEVEL.loc[LEVEL["strategy"] == "head", "seconds"] = 4.0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (LEVEL, "cheapest not shown to be worse is “home model, new last layer”, at -1.0 points"),
        (_ways(("joint", 0.9, 0.05, 0.0, 0.02)), "“both markets at once” reads 5.0 points more right"),
        (_ways(("alone", 0.7, -0.15, 0.2, 0.02)), "Every other way is shown to read fewer rows right"),
    ],
)
def test_the_title_says_what_the_comparison_shows(table, said):
    assert said in charts.ways(table).finding.read().replace("−", "-")


def test_fewer_labels_stand_in_the_table_and_not_in_the_picture():
    few = pd.concat([LEVEL, LEVEL[LEVEL["strategy"] == "head"].assign(labels=20, difference_low=0.5)])
    assert charts.ways(few).finding == charts.ways(LEVEL).finding
    assert len(strategy_tables.ways(few).rows) == len(LEVEL) + 1


def test_the_picture_names_every_way_in_both_languages():
    html = charts.ways(LEVEL.assign(seeds=2, worst_seed=0.6))._repr_mimebundle_()["text/html"]
    for strategy in LEVEL["strategy"]:
        assert NAMES[strategy].read("en").split()[0] in html


def test_a_loss_at_home_is_claimed_only_where_it_is_shown():
    assert "Shown to read the home market worse than the home model: 1 of 2 ways" in strategy_tables.ways(LEVEL).finding.read()
    kept = _ways(("head", 0.84, -0.01, 0.0, 0.02))
    assert (
        "No way is shown to read the home market worse" in strategy_tables.ways(kept.assign(forgotten_low=-0.01)).finding.read()
    )
    assert strategy_tables.ways(LEVEL).rows[0]["difference"] is None


def _trials(*losses: tuple[str, float]) -> pd.DataFrame:
    settings = {"learning_rate": 1e-4, "epochs": 2, "frozen_layers": 6, "weight_decay": 0.01, "accuracy": 0.8}
    return pd.DataFrame([{"trial": n, "state": state, **settings, "loss": loss} for n, (state, loss) in enumerate(losses)])


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        (_trials(("given", 0.4)), "no minutes for a search"),
        (_trials(("given", 0.4), ("finished", 0.5), ("pruned", 0.3)), "In 2 trials, no settings brought"),
        (_trials(("given", 0.4), ("finished", 0.3)), "from 0.400 to 0.300"),
    ],
)
def test_a_search_says_what_it_found(trials, said):
    assert said in strategy_tables.searched(trials).finding.read()


def test_folds_stand_beside_the_split():
    rows = [("validation", 100, 0.9), ("1", 50, 0.8), ("2", 50, 0.84), ("all", 100, 0.82)]
    table = pd.DataFrame([{"part": p, "n": n, "accuracy": a, "low": a - 0.05, "high": a + 0.05} for p, n, a in rows])
    assert "82.0%" in strategy_tables.folds(table).finding.read()
    assert "One split" in strategy_tables.folds(table.head(1)).finding.read()
