import numpy as np
import pandas as pd
import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import MarketError, entry
from bigmodel_utils.value import simulation, venture


@pytest.fixture(scope="module")
def ways():
    return {way.name: way for way in entry.modes(facts.load("entry_modes"))}


def test_all_five_modes_are_there_and_change_known_inputs(ways):
    assert set(ways) == set(entry.TITLES)
    assert all(set(way.factors) <= set(venture.INPUTS) for way in ways.values())


def test_the_own_subsidiary_is_the_valuation_itself(futures, ways):
    table = entry.compare([ways["own"]], futures, 5)
    plain = np.quantile(simulation.npv(futures, 5), [0.1, 0.5, 0.9])
    assert table.loc[0, ["npv_low", "npv_mid", "npv_high"]].to_numpy(float) == pytest.approx(plain, rel=1e-6)


def test_half_of_the_ownership_is_half_of_the_value(futures):
    whole, half = entry.Mode("own", {}), entry.Mode("joint_venture", {}, ownership=0.5)
    table = entry.compare([whole, half], futures, 5).set_index("mode")
    assert table.loc["joint_venture", "npv_mid"] == pytest.approx(table.loc["own", "npv_mid"] / 2)
    assert table.loc["joint_venture", "gain"] == table.loc["own", "gain"]


def test_a_late_start_of_a_good_venture_costs_value(futures):
    rich = futures | {"team_usd_month": futures["team_usd_month"] * 0.01, "entry_usd": futures["entry_usd"] * 0.01}
    table = entry.compare([entry.Mode("own", {}), entry.Mode("partner", {}, delay_months=12)], rich, 5).set_index("mode")
    assert table.loc["own", "npv_mid"] > table.loc["partner", "npv_mid"] > 0


def test_starting_later_agrees_with_the_delay_of_a_mode(futures):
    table = entry.start_later(futures, 5, [0, 6, 24]).set_index("delay_months")
    delayed = entry.compare([entry.Mode("own", {}, delay_months=24)], futures, 5)
    assert table.loc[24, "npv_mid"] == pytest.approx(delayed["npv_mid"].iloc[0])
    with pytest.raises(MarketError, match="month 60"):
        entry.start_later(futures, 5, [60])


def test_chances_to_be_best_leave_room_for_staying_at_home(futures, ways):
    table = entry.compare(list(ways.values()), futures, 5)
    assert table["best"].between(0, 1).all()
    assert table["best"].sum() <= 1 + 1e-12
    assert table["npv_mid"].is_monotonic_decreasing
    assert (table["npv_low"] <= table["npv_high"]).all()
    assert (table["lowest_cash"] <= 0).all()


def test_a_licence_risks_less_cash_than_a_subsidiary(futures, ways):
    table = entry.compare([ways["own"], ways["licence"]], futures, 5).set_index("mode")
    assert table.loc["licence", "lowest_cash"] > table.loc["own", "lowest_cash"]


def test_shares_stay_shares(futures):
    changed = entry.Mode("own", {"reachable_share": 50.0}).inputs(futures)
    assert changed["reachable_share"].max() == 1


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (("owned", "control", 1), "did you mean 'own'"),
        (("own", "team_usd_moth", 1), "did you mean 'team_usd_month'"),
        (("own", "ownership", 1.5), "between 0 and 1"),
        (("own", "entry_usd", -1), "between 0"),
    ],
)
def test_impossible_modes_are_refused(row, word):
    table = pd.DataFrame([row], columns=["mode", "quantity", "value"])
    with pytest.raises(MarketError, match=word):
        entry.modes(table)
