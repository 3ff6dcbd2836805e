"""Room of the reader: charts, tables, pages and the brief. `from bigmodel_utils import report` is all a notebook needs."""

from bigmodel_utils.report import charts, explore, market_explore, market_tables, page_tables
from bigmodel_utils.report.chart import Chart
from bigmodel_utils.report.table import Column, Table
from bigmodel_utils.report.tables import assumptions, figures

__all__ = [
    "Chart",
    "Column",
    "Table",
    "assumptions",
    "charts",
    "explore",
    "figures",
    "market_explore",
    "market_tables",
    "page_tables",
]
