"""A page loads only the drawings that it shows, under the names that it always used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bigmodel_utils import report


def loaded_after(code: str) -> set[str]:
    """Return the project's modules in memory after `code` in a fresh process."""
    tell = "import sys; print(*[name for name in sys.modules if name.startswith('bigmodel_utils')])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_page_depends_on_the_drawings_it_shows_and_on_no_other_room() -> None:
    loaded = loaded_after("from bigmodel_utils import report; report.charts.tornado, report.value_tables.money, report.Table")
    assert {"bigmodel_utils.report.charts.value", "bigmodel_utils.report.value_tables"} <= loaded
    others = ("bigmodel_utils.data", "bigmodel_utils.market", "bigmodel_utils.deployment", "bigmodel_utils.report.explore")
    assert not [name for name in loaded if name.startswith(others)]


@pytest.mark.parametrize("code", ["report.charts.groups", "report.charts.groups, evaluation_tables", "evaluation_tables"])
def test_a_function_with_its_modules_name_stays_a_function(code: str) -> None:
    first = "from bigmodel_utils import report\n"
    later = "from bigmodel_utils.report import evaluation_tables\n"
    check = "assert callable(report.charts.groups) and callable(report.form) and callable(report.heat_map)"
    module = "import sys; assert sys.modules['bigmodel_utils.report.charts.groups'].TOO_FEW"
    loaded_after(first + (later if "evaluation" in code else "") + f"{code}\n" + later + f"{check}\n{module}")


def test_every_offered_name_is_there_and_no_other() -> None:
    for package in (report, report.charts):
        assert set(package.__all__) <= set(dir(package))
        assert all(getattr(package, name) is not None for name in package.__all__)
        with pytest.raises(AttributeError, match="no attribute 'pie'"):
            _ = package.pie
