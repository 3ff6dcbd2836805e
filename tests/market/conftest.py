"""The default scenario with fewer futures, for any country."""

import pytest

from bigmodel_utils import scenario


@pytest.fixture(scope="package")
def entry():
    return scenario.load("reviews_us_to_cn", {"decision.draws": 4000})


@pytest.fixture(scope="package")
def elsewhere():
    def entering(country, language="en"):
        to = {"target_market.country": country, "target_market.language": language, "decision.draws": 2000}
        return scenario.load("reviews_us_to_cn", to)

    return entering
