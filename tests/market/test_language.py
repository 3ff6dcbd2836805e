import numpy as np
import pytest

from bigmodel_utils import facts
from bigmodel_utils.market import language


@pytest.mark.parametrize(
    ("spoken", "home", "far"),
    [
        ("en;zh-Hans;ms;ta", "en", language.FIRST),
        ("ms;en;zh-Hans;ta", "en", language.AMONG),
        ("pt-BR", "en", language.SCRIPT),
        ("zh-Hans", "en", language.OTHER),
        ("en-AU", "en-US", language.FIRST),
        ("yue-Hant", "zh", language.OTHER),
        ("yue-Hant;zh-Hant;en", "zh", language.AMONG),
        ("ja", "zh", language.OTHER),
    ],
)
def test_known_distances(spoken, home, far):
    assert language.distance(spoken, home) == far


@pytest.mark.parametrize(("spoken", "home"), [("", "en"), ("qqq", "en"), ("fr", "qqq")])
def test_what_is_not_known_stays_unknown(spoken, home):
    assert np.isnan(language.distance(spoken, home))


def test_each_country_on_file_has_a_distance():
    found = language.distances(facts.load("countries"), "en")
    assert found.notna().all()
    assert found["GBR"] < found["PHL"] < found["FRA"] < found["CHN"]


def test_a_country_without_languages_stays_in_unknown():
    countries = facts.load("countries")
    countries.loc[countries["iso3"] == "CHN", "main_languages_bcp47"] = None
    assert np.isnan(language.distances(countries, "en")["CHN"])
