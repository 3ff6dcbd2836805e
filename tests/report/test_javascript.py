"""The translator from the engine's Python to the page's JavaScript refuses what it does not know."""

from __future__ import annotations

import numpy as np
import pytest

from bigmodel_utils.report import javascript, whatif

YEAR = 12


def rate(x):
    return x["rate"] / YEAR


def grow(x, months):
    total = 0
    for month in range(1, months + 1):
        total = total + np.maximum(0, rate(x)) ** month
    return -total


def test_translation_of_a_small_formula_with_all_that_it_reads() -> None:
    code = javascript.module("m", grow)
    assert code == (
        "const m=(()=>{const YEAR=12;function grow(x,months){let month,total;total=0;for(month=1;month<(months+1);month++)"
        "{total=(total+(Math.max(0,rate(x))**month));}return (-total);}"
        'function rate(x){return (x["rate"]/YEAR);}return{grow,rate}})();'
    )


def sends_mail(x):
    return open(x)


def compares(x):
    return x > 1


@pytest.mark.parametrize("function", [sends_mail, compares])
def test_anything_else_is_refused(function) -> None:
    with pytest.raises(javascript.UntranslatableError, match="given:"):
        javascript.module("m", function)


def test_the_engine_is_translated_whole() -> None:
    code = whatif.engine()
    for name in ("monthly_cash", "net_present_value", "missed_usd_per_thousand", "adopted_share"):
        assert f"function {name}(" in code
